// What a page in a browser has of faults of accessibility.
import { createRequire } from 'node:module';
import { readFile } from 'node:fs/promises';

const require = createRequire(new URL('../../web/package.json', import.meta.url));
const axe = await readFile(require.resolve('axe-core/axe.min.js'), 'utf8');

/** What axe-core calls serious or critical, with the elements: https://github.com/dequelabs/axe-core */
export async function faults(page, without) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(
    (exclude) => globalThis.axe.run(exclude ? { exclude: [exclude] } : document, { resultTypes: ['violations'] }),
    without,
  );
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
}
