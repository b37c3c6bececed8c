'use strict';
(() => {
  const root = document.documentElement;
  const form = document.querySelector('form');
  const list = document.getElementById('list');
  if (!form || !list) return;
  root.classList.add('js');
  const articles = [...list.querySelectorAll('article')];
  const own = [...list.querySelectorAll('.group')];
  const output = form.querySelector('output');
  const none = document.getElementById('none');
  const texts = new Map();
  // The values of a finding, such as its profiles, of which the first one is its group.
  const values = (article, by) => {
    const others = article.getAttribute(`data-also-${by}`);
    return [article.dataset[by], ...(others ? JSON.parse(others) : [])];
  };
  const text = (article) => {
    if (!texts.has(article)) texts.set(article, article.textContent.toLowerCase());
    return texts.get(article);
  };
  const selects = [...form.querySelectorAll('select[data-by]')];
  const boxes = [...form.querySelectorAll('input[name=severity]')];
  const bars = [...document.querySelectorAll('.bars button')];

  function group(by) {
    if (by === 'rule') {
      const sections = new Map(own.map((it) => [it.dataset.key, it]));
      for (const article of articles) sections.get(article.dataset.rule).append(article);
      list.replaceChildren(...own);
      return;
    }
    const sections = new Map();
    for (const article of articles) {
      const key = article.dataset[by];
      if (!sections.has(key)) {
        const section = document.createElement('section');
        section.className = 'group';
        const title = document.createElement('div');
        title.className = 'title';
        const head = document.createElement('h3');
        head.textContent = key;
        const count = document.createElement('span');
        count.className = 'count quiet';
        title.append(head, count);
        section.append(title);
        sections.set(key, section);
      }
      sections.get(key).append(article);
    }
    const order = ['error', 'warning', 'info'];
    const keys = [...sections.keys()];
    if (by === 'severity') keys.sort((a, b) => order.indexOf(a) - order.indexOf(b));
    list.replaceChildren(...keys.map((key) => sections.get(key)));
  }

  function apply() {
    const words = form.q.value.toLowerCase().split(/\s+/).filter(Boolean);
    const severities = new Set(boxes.filter((it) => it.checked).map((it) => it.value));
    const wanted = selects.filter((it) => it.value !== '').map((it) => [it.dataset.by, it.value]);
    let shown = 0;
    for (const article of articles) {
      const fits = severities.has(article.dataset.severity)
        && wanted.every(([by, value]) => values(article, by).includes(value))
        && words.every((word) => text(article).includes(word));
      article.hidden = !fits;
      if (fits) shown += 1;
    }
    for (const section of list.children) {
      const n = section.querySelectorAll('article:not([hidden])').length;
      section.hidden = n === 0;
      section.querySelector('.count').textContent = n === 1 ? '1 finding' : `${n} findings`;
    }
    for (const bar of bars) {
      const select = form.querySelector(`select[data-by="${bar.dataset.by}"]`);
      bar.setAttribute('aria-pressed', String(!!select && select.value === bar.dataset.value));
    }
    output.textContent = `${shown} of ${articles.length} shown`;
    none.hidden = shown > 0;
    const state = new URLSearchParams();
    if (form.q.value) state.set('q', form.q.value);
    if (severities.size < boxes.length) state.set('severity', [...severities].join(','));
    for (const [by, value] of wanted) state.set(by, value);
    if (form.by.value !== 'rule') state.set('by', form.by.value);
    const hash = String(state);
    if (hash !== location.hash.slice(1) && !(hash === '' && /^#f\d+$/.test(location.hash))) {
      try { history.replaceState(null, '', hash ? `#${hash}` : location.pathname + location.search); } catch { /* a page without a history */ }
    }
  }

  function restore() {
    if (/^#f\d+$/.test(location.hash)) return;
    const state = new URLSearchParams(location.hash.slice(1));
    form.q.value = state.get('q') ?? '';
    const severities = state.has('severity') ? state.get('severity').split(',') : null;
    for (const box of boxes) box.checked = severities === null || severities.includes(box.value);
    for (const select of selects) {
      select.value = state.get(select.dataset.by) ?? '';
      if (select.selectedIndex < 0) select.value = '';
    }
    form.by.value = state.get('by') ?? 'rule';
    if (form.by.selectedIndex < 0) form.by.value = 'rule';
  }

  let timer = 0;
  form.addEventListener('submit', (event) => event.preventDefault());
  form.q.addEventListener('input', () => { clearTimeout(timer); timer = setTimeout(apply, 120); });
  form.addEventListener('change', (event) => {
    if (event.target === form.by) group(form.by.value);
    apply();
  });
  form.addEventListener('reset', () => setTimeout(() => { group('rule'); apply(); }));
  for (const bar of bars) {
    bar.addEventListener('click', () => {
      const select = form.querySelector(`select[data-by="${bar.dataset.by}"]`);
      if (!select) return;
      select.value = select.value === bar.dataset.value ? '' : bar.dataset.value;
      apply();
    });
  }
  addEventListener('hashchange', () => { restore(); group(form.by.value); apply(); });
  restore();
  if (form.by.value !== 'rule') group(form.by.value);
  apply();
  const target = /^#f\d+$/.test(location.hash) && document.querySelector(location.hash);
  if (target) target.scrollIntoView();
})();
