'use strict';
(async () => {
  const wrong = window.wrong;
  let held = 0;
  const hold = (what, right) => { if (right) held += 1; else wrong.push(what); };
  const page = location.search.slice(1);
  const all = () => [...document.querySelectorAll('article')];
  const seen = () => all().filter((it) => it.checkVisibility());
  const form = document.querySelector('form');
  const wait = (time) => new Promise((done) => setTimeout(done, time));
  const change = (control, value) => { control.value = value; control.dispatchEvent(new Event('change', { bubbles: true })); };
  const clear = async () => { form.reset(); await wait(50); };
  const groups = () => [...document.querySelectorAll('.group')].filter((it) => it.checkVisibility());
  const counted = () => groups().reduce((sum, it) => sum + parseInt(it.querySelector('.count').textContent, 10), 0);

  const dark = matchMedia('(prefers-color-scheme: dark)').matches;
  const light = (color) => { const [r, g, b] = color.match(/[\d.]+/g).map(Number); return (r * 3 + g * 6 + b) / 10; };
  const body = getComputedStyle(document.body);
  hold('the page has the colors of its scheme', (light(body.backgroundColor) < 90) === dark);
  hold('text has enough contrast', Math.abs(light(body.backgroundColor) - light(body.color)) > 150);
  hold('nothing is loaded', performance.getEntriesByType('resource').length === 0);
  hold('the page is not wider than the window', document.documentElement.scrollWidth <= innerWidth);
  hold('no script of the report ran', !document.querySelector('article script, article b, article i'));

  if (page === 'clean') {
    hold('no finding', all().length === 0);
    hold('the page says so', document.body.textContent.includes('nothing found'));
  } else {
    const n = all().length;
    hold('all are shown initially', seen().length === n && counted() === n);
    hold('their number is shown', form.querySelector('output').textContent === `${n} of ${n} shown`);

    for (const box of form.querySelectorAll('input[name=severity]')) {
      box.click();
      const left = all().filter((it) => it.dataset.severity !== box.value).length;
      hold(`without ${box.value}`, seen().length === left && counted() === left);
      hold('an empty result is shown as such', document.getElementById('none').hidden === left > 0);
      box.click();
    }
    for (const select of form.querySelectorAll('select[data-by]')) {
      const by = select.dataset.by;
      const option = [...select.options].at(-1);
      change(select, option.value);
      const others = (it) => JSON.parse(it.getAttribute(`data-also-${by}`) ?? '[]');
      const wanted = all().filter((it) => [it.dataset[by], ...others(it)].includes(option.value)).length;
      hold(`only one ${by}`, wanted > 0 && seen().length === wanted);
      hold(`the option shows the count for one ${by}`, option.textContent.endsWith(`(${wanted})`));
      hold(`the URL contains ${by}`, new URLSearchParams(location.hash.slice(1)).get(by) === option.value);
      await clear();
    }
    hold('clear shows all', seen().length === n && location.hash === '');

    const words = all()[0].querySelector('h4').textContent.trim().split(/\s+/).slice(0, 3).join(' ');
    form.q.value = words.toUpperCase();
    form.q.dispatchEvent(new Event('input', { bubbles: true }));
    await wait(300);
    hold('text is searched', seen().includes(all()[0]) && (n === 1 || seen().length < n));
    form.q.value = 'there is no such word';
    form.q.dispatchEvent(new Event('input', { bubbles: true }));
    await wait(300);
    hold('no match is shown as such', seen().length === 0 && !document.getElementById('none').hidden);
    await clear();

    const bar = document.querySelector('.bars button');
    bar.click();
    hold('a bar selects its value', seen().length === Number(bar.querySelector('.n').textContent) && bar.getAttribute('aria-pressed') === 'true');
    bar.click();
    hold('a second click deselects it', seen().length === n && bar.getAttribute('aria-pressed') === 'false');

    for (const option of form.by.options) {
      change(form.by, option.value);
      const values = new Set(all().map((it) => it.dataset[option.value]));
      hold(`groups by ${option.value}`, groups().length === values.size && seen().length === n && counted() === n);
    }
    await clear();
    location.hash = '#severity=error';
    await wait(100);
    const errors = all().filter((it) => it.dataset.severity === 'error').length;
    hold('the URL applies a filter', seen().length === errors);
    hold('each control has a name', [...form.elements].every((it) => it.tagName === 'FIELDSET' || it.tagName === 'OUTPUT' || it.labels?.length > 0 || it.textContent.trim()));
  }
  const pre = document.createElement('pre');
  pre.id = 'said';
  pre.textContent = wrong.length ? `wrong: ${wrong.join('; ')}` : `${dark ? 'dark' : 'light'}, ${held} right`;
  document.body.replaceChildren(pre);
})();
