// Opens VS Code in a headless browser and lets it run the extension's tests. Usage: drive.mjs URL EXTENSION WORKSPACE; SHOT=file.png takes a picture at the end.
import { createRequire } from 'node:module';
const require = createRequire(process.env.NODE_MODULES_FROM);
const { chromium } = require('playwright-core');
const [base, extension, workspace] = process.argv.slice(2);
const host = new URL(base).host;
const payload = [
  ['extensionDevelopmentPath', `vscode-remote://${host}${extension}`],
  ['extensionTestsPath', `vscode-remote://${host}${extension}/test/suite.js`],
  ['skipWelcome', 'true'],
];
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', headless: true, args: ['--no-sandbox', '--disable-gpu'] });
const page = await browser.newPage({ viewport: { width: 1280, height: 720 } });
const shot = async (name) => { if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/${name}.png` }); };
await page.exposeFunction('codeAutomationLog', (type, args) => {
  const words = args.map((it) => (typeof it === 'string' ? it.replace(/%c/g, '') : JSON.stringify(it))).join(' ');
  const picture = /picture: ([\w-]+)/.exec(words);
  if (picture) shot(picture[1]);
  // Skips VS Code's own log messages.
  if (!words.startsWith('[')) console.log(words);
});
const done = new Promise((resolve) => page.exposeFunction('codeAutomationExit', resolve));
await page.goto(`${base}/?folder=${workspace}&payload=${encodeURIComponent(JSON.stringify(payload))}`);
const code = await Promise.race([done, new Promise((resolve) => setTimeout(() => resolve('timeout'), 120000))]);
if (code !== 0) await shot('failed');
await browser.close();
console.log(code === 0 ? 'vscode: ok' : `vscode: FAILED (${code})`);
process.exit(code === 0 ? 0 : 1);
