// Renders the HTML of mails in a real browser as mail programs show them: without script, without network, on
// a phone and at a desk, light and dark. Nothing is wider than its window, and axe-core finds no violation.
//
//   node look.mjs MAILS PICTURES [CHROMIUM]
import assert from 'node:assert/strict';
import { mkdir, readFile, readdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';

const [mails, pictures, program = '/usr/bin/chromium'] = process.argv.slice(2);
const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
await mkdir(pictures, { recursive: true });
const names = (await readdir(mails)).filter((name) => name.endsWith('.html')).sort();
assert.ok(names.length > 12, `${names}`);
const browser = await chromium.launch({ executablePath: program, args: ['--no-sandbox'] });
const wrong = [];
for (const [width, height, kind] of [[360, 740, 'phone'], [1000, 800, 'desk']]) {
  for (const colorScheme of ['light', 'dark']) {
    const context = await browser.newContext({ viewport: { width, height }, colorScheme, offline: true });
    for (const name of names) {
      const page = await context.newPage();
      page.on('request', (request) => { if (!request.url().startsWith('file:')) wrong.push(`${name} asks for ${request.url()}`); });
      await page.goto(`file://${mails}/${name}`);
      const sideways = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      if (sideways > 0) wrong.push(`${name} is ${sideways} pixels too wide at ${width}`);
      await page.screenshot({ path: `${pictures}/${name.replace('.html', '')}-${kind}-${colorScheme}.png`, fullPage: true });
      await page.evaluate(axe);
      const { violations } = await page.evaluate(() => axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'] }));
      for (const { id, nodes } of violations) wrong.push(`${name}, ${kind}, ${colorScheme}: ${id}: ${nodes[0].html.slice(0, 200)}`);
      await page.close();
    }
    await context.close();
  }
}
await browser.close();
assert.deepEqual([...new Set(wrong)], []);
console.log(`${names.length} mails looked at, four times each`);
