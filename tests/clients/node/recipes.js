// The recipe for Node.js of docs/emulator.md.

const { spawnSync } = require('node:child_process');
const { readFileSync } = require('node:fs');
const { ok, run } = require('./checks');

run(async () => {
  const text = readFileSync('docs/emulator.md', 'utf8');
  const [, recipe] = text.match(/<!-- recipe: node -->\n```js\n([^]*?)```/);
  const { stdout, stderr } = spawnSync(process.execPath, ['-e', recipe], { encoding: 'utf8' });
  ok('the recipe for Node.js lists the videos', /^\d+\n$/.test(stdout), stdout, stderr);
});
