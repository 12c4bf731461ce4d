// The recipes for Node.js of the documents.

const { spawnSync } = require('node:child_process');
const { readFileSync } = require('node:fs');
const { ok, run } = require('./checks');

run(async () => {
  for (const name of ['docs/emulator.md', 'docs/migrating.md']) {
    const [, recipe] = readFileSync(name, 'utf8').match(/<!-- recipe: node -->\n```js\n([^]*?)```/);
    const { stdout, stderr } = spawnSync(process.execPath, ['-e', recipe], { encoding: 'utf8' });
    ok(`the recipe for Node.js of ${name} lists the videos`, /^\d+\n$/.test(stdout), stdout, stderr);
  }
});
