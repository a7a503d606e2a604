// Drives the page in a real browser: no error on the console, nothing asked of anybody else, no violation that
// axe-core knows, the keyboard alone, the print view. Pictures are left in a folder, for a person to look at.
//
//   node drive.mjs http://127.0.0.1:8787 FOLDER [CHROMIUM]
import assert from 'node:assert/strict';
import { mkdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';

const [base, folder, program = '/usr/bin/chromium'] = process.argv.slice(2);
const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
await mkdir(folder, { recursive: true });
const browser = await chromium.launch({ executablePath: program, args: ['--no-sandbox'] });

/** Everything that a page must never do. */
function watch(page, wrong) {
  page.on('console', (message) => {
    // That a page is missing is an answer, and no error of the page.
    if (['error', 'warning'].includes(message.type()) && !/status of 4\d\d/.test(message.text())) {
      wrong.push(`console: ${message.text()}`);
    }
  });
  page.on('pageerror', (error) => wrong.push(`error: ${error}`));
  page.on('request', (request) => {
    if (!request.url().startsWith(base)) wrong.push(`asked a stranger: ${request.url()}`);
  });
  page.on('requestfailed', (request) => {
    // One that the browser gave up because the script went to the next page is no failure of the server.
    if (request.failure()?.errorText !== 'net::ERR_ABORTED') wrong.push(`failed: ${request.url()}`);
  });
}

async function page(options) {
  const wrong = [];
  const context = await browser.newContext({ baseURL: base, locale: 'en-US', ...options });
  const tab = await context.newPage();
  watch(tab, wrong);
  return { tab, wrong, done: async () => { assert.deepEqual(wrong, []); await context.close(); } };
}

// Where a change, an alert and a text that changed are.
const finder = await page({});
await finder.tab.goto('/changes?severity=coverage&code=20560');
const change = await finder.tab.locator('a[href^="/change/"]').first().getAttribute('href');
await finder.tab.goto(change);
const alert = await finder.tab.locator('a[href^="/alert/"]').first().getAttribute('href');
await finder.tab.goto('/changes?q=visits');
const text = await finder.tab.locator('a[href^="/change/"]', { hasText: 'changed' }).first().getAttribute('href');
await finder.done();

const paths = {
  overview: '/', code: '/code/20560', day: '/code/20560?on=2020-02-10', changes: '/changes', search: '/changes?q=dry+needling',
  change, redline: text, alert, rules: '/rules', sources: '/sources', outbox: '/outbox', programs: '/programs',
  past: '/?known=2022-03-01', unknown: '/code/99213', missing: '/nothing',
};

// All of them are looked for before the first one fails.
const violated = [];
for (const [width, height, name] of [[1280, 900, 'desktop'], [390, 844, 'phone']]) {
  for (const colorScheme of ['light', 'dark']) {
    const one = await page({ viewport: { width, height }, colorScheme });
    for (const [what, path] of Object.entries(paths)) {
      await one.tab.goto(path);
      await one.tab.screenshot({ path: `${folder}/${name}-${colorScheme}-${what}.png` });
      const sideways = await one.tab.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      if (sideways > 0) violated.push(`${path} is ${sideways} pixels too wide at ${width}`);
      // Evaluated by the debugger: the page's own policy lets no script in.
      await one.tab.evaluate(axe);
      const { violations } = await one.tab.evaluate(() => axe.run({
        runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
      }));
      for (const { id, nodes } of violations) {
        const where = nodes.slice(0, 3).map((node) => node.html.slice(0, 200)).join(' | ');
        violated.push(`${path} at ${width}, ${colorScheme}: ${id}: ${where}`);
      }
    }
    await one.done();
    console.log(`${name}, ${colorScheme}: ${Object.keys(paths).length} pages looked at`);
  }
}
assert.deepEqual([...new Set(violated)], []);
console.log('no violation, nothing wider than its window');

// The keyboard alone.
const keys = await page({ viewport: { width: 1280, height: 900 } });
await keys.tab.goto('/');
await keys.tab.keyboard.press('Tab');
assert.equal(await keys.tab.evaluate(() => document.activeElement.textContent), 'Skip to content');
await keys.tab.keyboard.press('Enter');
assert.equal(new URL(keys.tab.url()).hash, '#main');
async function tabTo(wanted, most = 80) {
  for (let count = 0; count < most; count += 1) {
    await keys.tab.keyboard.press('Tab');
    const seen = await keys.tab.evaluate((selector) => {
      const element = document.activeElement;
      const { outlineStyle, outlineWidth } = getComputedStyle(element);
      return { is: element.matches(selector), visible: outlineStyle !== 'none' && outlineWidth !== '0px', html: element.outerHTML.slice(0, 80) };
    }, wanted);
    assert.ok(seen.visible, `the focus is not seen on ${seen.html}`);
    if (seen.is) return;
  }
  assert.fail(`the keyboard does not reach ${wanted}`);
}
await keys.tab.goto('/');
await tabTo('#code', 60);
await keys.tab.keyboard.type('20561');
await keys.tab.keyboard.press('Enter');
await keys.tab.waitForURL('**/code/20561');
await tabTo('#on');
await keys.tab.keyboard.type('02102020');
await keys.tab.keyboard.press('Enter');
await keys.tab.waitForURL('**/code/20561?on=2020-02-10');
await tabTo('details summary');
await keys.tab.keyboard.press('Enter');
assert.ok(await keys.tab.locator('details').first().evaluate((element) => element.open), 'the table of the picture opens');
await keys.tab.goto('/');
await tabTo('#known', 20);
await keys.tab.keyboard.type('03012022');
await keys.tab.keyboard.press('Enter');
await keys.tab.waitForURL('**/?known=2022-03-01');
assert.match(await keys.tab.locator('main a[href^="/code/"]').first().getAttribute('href'), /known=2022-03-01/);
await keys.done();
console.log('keyboard alone: from the overview to a code on a day, its table, and back in time');

// What stands on a wide page must be reachable on a narrow one, and what is printed has no controls.
const paper = await page({});
for (const [what, path] of Object.entries({ overview: '/', code: '/code/20560', change })) {
  await paper.tab.goto(path);
  await paper.tab.emulateMedia({ media: 'print', colorScheme: 'dark' });
  for (const gone of ['nav', '.known', '.skip']) {
    assert.equal(await paper.tab.locator(gone).first().isVisible(), false, `${gone} is printed`);
  }
  const ground = await paper.tab.evaluate(() => getComputedStyle(document.body).backgroundColor);
  assert.equal(ground, 'rgb(255, 255, 255)', 'paper is white');
  if (what === 'code') assert.ok(await paper.tab.locator('svg.picture').isVisible(), 'the picture is printed');
  const pdf = await paper.tab.pdf({ path: `${folder}/print-${what}.pdf`, format: 'Letter' });
  assert.ok(pdf.length > 10_000, `${path} prints ${pdf.length} bytes`);
  await paper.tab.setViewportSize({ width: 816, height: 1056 });
  await paper.tab.screenshot({ path: `${folder}/print-${what}.png` });
  await paper.tab.emulateMedia({ media: 'screen', colorScheme: 'light' });
}
await paper.done();
console.log('print: no controls, white paper, the picture is there');
await browser.close();
