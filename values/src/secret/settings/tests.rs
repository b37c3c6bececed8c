//! Tests of secrets in longer texts.

use super::*;

#[test]
fn fluent_bit_outputs_with_passwords_are_secret() {
    for (text, secret) in [
        ("[OUTPUT]\n    Name es\n    HTTP_Passwd hunter2\n", true),
        ("[output]\n  Name splunk\n  splunk_token\t0a1b\n", true),
        ("[OUTPUT]\n    Name es\n    HTTP_User wire\n", false),
        ("[OUTPUT]\n    HTTP_Passwd ${ES_PASSWORD}\n", false),
        ("[OUTPUT]\n    HTTP_Passwd\n", false),
        ("[INPUT]\n    Name tail\n[FILTER]\n    Password x\n", false),
        ("[OUTPUT] HTTP_Passwd hunter2", false),
    ] {
        assert_eq!(secret_setting(text).is_some(), secret, "{text}");
    }
}

#[test]
fn finds_secrets_in_settings_scripts_and_arguments() {
    for (text, name) in [
        ("database:\n  password: Tr0ub4dor\n", Some("password")),
        (
            "database:\n  - password: 'a word or two'\n",
            Some("password"),
        ),
        (
            "[smtp]\nsmtp_password = Tr0ub4dor ; mine\n",
            Some("smtp_password"),
        ),
        (
            "a=1\nspring.datasource.password=Tr0ub4dor",
            Some("spring.datasource.password"),
        ),
        (
            "#!/bin/sh\nexport DB_PASSWORD=Tr0ub4dor\n",
            Some("DB_PASSWORD"),
        ),
        (
            "{\"user\": \"me\", \"apiKey\":\"0a1b2c3d\"}",
            Some("apiKey"),
        ),
        ("{\n  \"token\" : \"0a1b2c3d\",\n}", Some("token")),
        ("output {\n  x { password => \"Tr0ub4dor\" }\n}", None),
        ("output {\n  password => \"Tr0ub4dor\"\n}", Some("password")),
        ("host=db user=me password=Tr0ub4dor", Some("password")),
        ("Server=db;Password=Tr0ub4dor;", Some("Password")),
        ("https://x.test/hook?token=0a1b2c3d", Some("token")),
        ("--verbose --password=Tr0ub4dor", Some("--password")),
        (
            "-Djavax.net.ssl.keyStorePassword=Tr0ub4dor",
            Some("-Djavax.net.ssl.keyStorePassword"),
        ),
        ("port 6379\nrequirepass Tr0ub4dor\n", Some("requirepass")),
        (
            "port 6379\nrequirepass my-redis-password\n",
            Some("requirepass"),
        ),
        (
            "[db]\npassword = my-very-own-db-password\n",
            Some("password"),
        ),
        (
            "CREATE ROLE wire\n  WITH LOGIN PASSWORD 'Tr0ub4dor';",
            Some("PASSWORD"),
        ),
        (
            "x;\nCREATE USER wire IDENTIFIED BY 'Tr0ub4dor';",
            Some("IDENTIFIED BY"),
        ),
        (
            "a: b\nDATABASE_URL=postgres://me:Tr0ub4dor@db/x",
            Some("DATABASE_URL"),
        ),
        ("a: b\npostgres://me:Tr0ub4dor@db/x\n", Some("token")),
        ("a: b\nghp_abcdefghijklmnopqrstuvwxyz\n", Some("token")),
        (
            "a: b\nuser: x # ghp_abcdefghijklmnopqrstuvwxyz\n",
            Some("token"),
        ),
    ] {
        assert_eq!(secret_setting(text), name, "{text}");
    }
}

#[test]
fn ignores_secret_names_and_references() {
    for text in [
        "Tr0ub4dor",
        "password: Tr0ub4dor",
        "Password: at least eight characters",
        "a:\n  # password: Tr0ub4dor\n",
        "a:\n  password: ${DB_PASSWORD}\n",
        "a:\n  password: {{ .Values.password }}\n",
        "a:\n  password: <yours>\n",
        "a:\n  password: CHANGE-ME\n",
        "a:\n  password: ref+vault://kv/x#/y\n",
        "a:\n  password: |\n    x\n",
        "a:\n  password: string\n",
        "a:\n  token: /var/run/secrets/token\n",
        "a:\n  token: 3600\n",
        "a:\n  passwordFile: Tr0ub4dor\n",
        "a:\n  session_cookie: grafana_session\n",
        "password: must be long\nand more\n",
        "if password == 'Tr0ub4dor' then\n",
        "import os\npassword = secret_value\n",
        "x = 1\npassword = os.environ['X']\ntoken = request.headers.token\n",
        "x\npassword = get_password(1)\n",
        "x\npassword = password\n",
        "spec:\n  - secretKey: db-password\n    remoteRef: {key: x}\n",
        "https://x.test/hook?token=${TOKEN}",
        "http_proxy=http://me:Tr0ub4dor@proxy:80\na=b\n",
        "ALTER ROLE wire PASSWORD NULL;\nx\n",
        "sum(rate(x{token=\"abcdef\"}[5m]))",
        "the password is Tr0ub4dor\nsay nothing",
    ] {
        assert_eq!(secret_setting(text), None, "{text}");
    }
}

#[test]
fn ignores_placeholders_messages_and_metadata() {
    for text in [
        "x\npassword = DB_PASSWORD\ntoken = env:TOKEN\npassword=%PASSWORD%\npassword: __PASSWORD__\n",
        "x\npassword = your-password\npassword = yourpassword\npassword = REDACTED\n",
        "csrf_token = X-CSRF-Token\ntoken: \"access_token\"\n",
        "x: |\n  secretKey: password\n",
        "https://x.test/login?grant_type=password&token=access_token",
        "properties:\n  token: object\n",
        "env:\n- name: ENABLE_TOKEN\n  value: \"true\"\n",
        "{\"password\": \"Enter your password\", \"token\": \"Your token has expired\"}",
        "loginPassword=Password\nmissingPassword=\"Please give a password\"\n",
        "var u = \"https://x?a=1&token=\" + token + \"&b=2\";\nvar v = \"db password=\" + pw + \" x\";\n",
        "x\nTOKEN=`cat /x`\nTOKEN=must be long\n",
        "export HTTPS_PROXY=http://me:Tr0ub4dor@proxy:3128\nx\n",
        "user = ${DB_USER}\r\npassword = \"${DB_PASSWORD}\"\r\n",
        "postgres://me:Tr0ub4dor@db/x?sslmode=disable",
    ] {
        assert_eq!(secret_setting(text), None, "{text}");
    }
}

#[test]
fn finds_secrets_in_commands_and_their_arguments() {
    for (text, name) in [
        ("#!/bin/sh\nPGPASSWORD=Tr0ub4dor psql -h db\n", "PGPASSWORD"),
        ("x\ncreate --from-literal=password=Tr0ub4dor\n", "password"),
        ("x\n//registry.test/:_authToken=Tr0ub4dor\n", "_authToken"),
        ("--url=postgres://me:Tr0ub4dor@db/x", "--url"),
        ("psql postgres://me:Tr0ub4dor@db/x", "token"),
        ("x\r\npassword = Tr0ub4dor\r\n", "password"),
    ] {
        assert_eq!(secret_setting(text), Some(name), "{text}");
    }
}

#[test]
fn does_not_report_names_that_may_be_secrets() {
    let token = "ghp_abcdefghijklmnopqrstuvwxyz";
    for before in [
        "Tr0ub4dor ",
        "Tr0ub4dor: ",
        "\"Tr0ub4dor\":\"",
        "correct horse ",
        "ключ=",
        "ключ ",
        "http://me:Tr0ub4dor@x/ ",
        &format!("{}=", "x".repeat(100)),
    ] {
        let text = format!("a: b\n{before}{token}\n");
        assert_eq!(secret_setting(&text), Some("token"), "{text}");
    }
    let long = format!("a: b\n{}token=Tr0ub4dor\n", "x".repeat(100));
    assert_eq!(secret_setting(&long), None);
}

/// Takes minutes if the whole line is scanned for each of its signs.
#[test]
fn scans_long_lines_once() {
    for part in [
        "{\"token\":\"true\",",
        "{\"token\": ",
        "password ",
        "\"token\":\"",
        "a&token=true&",
        "x ${",
        "token: ref+",
    ] {
        let text = format!("\n{}", part.repeat(500_000 / part.len()));
        assert_eq!(secret_setting(&text), None, "{part}");
    }
}

#[test]
fn finds_secrets_in_xml_elements() {
    for text in [
        "<db>\n  <password>Tr0ub4dor</password>\n</db>\n",
        "<db><user>x</user><password>Tr0ub4dor</password></db>\n<x/>\n",
    ] {
        assert_eq!(secret_setting(text), Some("password"), "{text}");
    }
    for text in [
        "<db>\n  <password>${DB_PASSWORD}</password>\n</db>\n",
        "<db>\n  <password></password>\n</db>\n",
        "<db>\n  <password>Enter your password</password>\n</db>\n",
        "<db>\n  <passwordFile>Tr0ub4dor</passwordFile>\n</db>\n",
        "<label>password</label>\n<b>Tr0ub4dor</b>\n",
    ] {
        assert_eq!(secret_setting(text), None, "{text}");
    }
}
