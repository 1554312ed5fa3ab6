// Search, filters, order, columns and download for the tables of a page that is whole without any of it.
//
// Nothing costly happens at load: the rows are read when a reader first goes to the controls, or follows a link to some of them.
// All words stand in the page (data-labels). What the lists say is only ever cloned or set as text.
"use strict";
(() => {
  const STEP = 100;
  const MEMORY = "hidden-columns";
  const byId = (id) => document.getElementById(id);
  const browse = byId("browse");
  const form = byId("controls");
  const all = byId("all");
  const tables = all ? [...all.querySelectorAll("table[data-columns]")] : [];
  if (!browse || !form || !tables.length) return;

  const count = byId("count");
  const found = byId("found");
  const labels = JSON.parse(browse.dataset.labels || "{}");
  const language = document.documentElement.lang;
  const plurals = new Intl.PluralRules(language);

  const search = form.elements.q;
  const order = form.elements.sort; // "" is the page as it came: by state
  const filters = [...form.querySelectorAll("select")].filter((select) => select !== order);
  const boxes = [...form.querySelectorAll('input[name="column"]')];
  const total = tables.reduce((sum, table) => sum + table.tBodies[0].rows.length, 0);

  // The columns of the one table: those of the page's tables, and the state, which is a heading there.
  const heads = [...tables[0].tHead.rows[0].cells];
  const columns = heads.map((head, index) => ({ name: head.dataset.column, title: text(head), index }));
  const headed = tables.some(placeOf) && !named("state");
  if (headed) columns.splice(1, 0, { name: "state", title: label("state") });

  let records; // one for each row, by agency; read once
  let chosen = []; // those found, in their order
  let shown = 0; // how many of them stand in the table
  let sort = { name: "", descending: false };
  let view; // the one table and its button; built once
  let collator, waiting;

  function label(name, values = {}) {
    const words = labels[name] ?? name;
    const one = typeof words === "string" ? words : words[plurals.select(values.n)] ?? words.other;
    return one.replace(/\{(\w+)\}/g, (whole, key) => (key in values ? values[key].toLocaleString(language) : whole));
  }

  function text(node) {
    return node.textContent.replace(/\s+/g, " ").trim();
  }

  function fold(words) {
    return words.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
  }

  // --- reading the page

  function named(name) {
    return columns.find((column) => column.name === name);
  }

  function placeOf(table) {
    return table.closest("#all section")?.querySelector("h2 a");
  }

  function read() {
    if (records) return;
    records = [];
    for (const table of tables) {
      const place = placeOf(table);
      for (const row of table.tBodies[0].rows) {
        const record = { row, place };
        record.words = fold(["agency", "county", "state"].map((name) => value(record, named(name))).join(" "));
        records.push(record);
      }
    }
    records = sorted(records, { name: "agency", descending: false });
  }

  function value(record, column) {
    if (!column) return "";
    if (column.index === undefined) return record.place ? text(record.place) : record.row.dataset.state ?? "";
    return text(record.row.cells[column.index]);
  }

  function sorted(list, { name, descending }) {
    const column = named(name);
    if (!column) return list;
    collator ??= new Intl.Collator(language, { numeric: true, sensitivity: "base" });
    const keyed = list.map((record) => {
      return { record, key: record.row.cells[column.index]?.dataset.sort ?? value(record, column) };
    });
    // Empty ones come last either way; equal ones stay as they were.
    keyed.sort((a, b) => {
      if (!a.key || !b.key) return Boolean(b.key) - Boolean(a.key);
      return descending ? collator.compare(b.key, a.key) : collator.compare(a.key, b.key);
    });
    return keyed.map((one) => one.record);
  }

  // --- what is asked for

  function asked() {
    return Boolean(search?.value.trim() || filters.some((select) => select.value) || sort.name);
  }

  function find() {
    read();
    const words = fold(search?.value ?? "").split(/\s+/).filter(Boolean);
    const wanted = filters.filter((select) => select.value);
    const fits = ({ row }) => wanted.every((select) => row.dataset[select.name] === select.value);
    const speaks = (record) => words.every((word) => record.words.includes(word));
    chosen = sorted(records.filter((record) => fits(record) && speaks(record)), sort);
  }

  function update() {
    clearTimeout(waiting);
    all.hidden = asked();
    found.hidden = !all.hidden;
    if (all.hidden) show();
    say();
    remember();
  }

  function show() {
    find();
    view ??= build();
    view.body.replaceChildren();
    shown = 0;
    more();
    mark();
  }

  function say() {
    const words = all.hidden ? label("found", { n: chosen.length, all: total }) : label("all", { n: total });
    if (count.textContent !== words) count.textContent = words;
  }

  // --- the one table

  function build() {
    const frame = tables[0].parentElement.cloneNode(false);
    const table = tables[0].cloneNode(false);
    const head = table.createTHead().insertRow();
    const body = table.createTBody();
    const button = buttonFor(() => more(true));
    frame.setAttribute("aria-label", label("table"));
    for (const column of columns) {
      const cell = document.createElement("th");
      cell.scope = "col";
      cell.dataset.column = column.name;
      cell.append(buttonFor(() => sortBy(column.name), column.title));
      head.append(cell);
    }
    frame.append(table);
    found.replaceChildren(frame, button);
    return { frame, head, body, button };
  }

  function buttonFor(action, words = "") {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = words;
    button.addEventListener("click", action);
    return button;
  }

  function mark() {
    const by = sort.name || "agency";
    for (const cell of view.head.cells) {
      cell.removeAttribute("aria-sort");
      if (cell.dataset.column === by) cell.setAttribute("aria-sort", sort.descending ? "descending" : "ascending");
    }
    hide([view.head]);
  }

  function more(goThere = false) {
    const next = chosen.slice(shown, shown + STEP).map(rowOf);
    hide(next);
    view.body.append(...next);
    shown += next.length;
    const left = chosen.length - shown;
    view.frame.hidden = !shown;
    view.button.hidden = !left;
    view.button.textContent = label("more", { n: Math.min(STEP, left) });
    if (goThere) {
      next[0].tabIndex = -1;
      next[0].focus();
    }
  }

  function rowOf({ row, place }) {
    const copy = row.cloneNode(true);
    for (const node of [copy, ...copy.querySelectorAll("[id]")]) node.removeAttribute("id");
    if (headed) {
      const cell = document.createElement("td");
      if (place) cell.append(place.cloneNode(true));
      copy.cells[0].after(cell);
    }
    return copy;
  }

  function sortBy(name) {
    sort = { name, descending: name === (sort.name || "agency") && !sort.descending };
    if (order) order.value = optionOf(order, name);
    update();
  }

  // --- columns

  function hiddenColumns() {
    return new Set(boxes.filter((box) => !box.checked).map((box) => box.value));
  }

  // Rows of the page's tables lack the state's cell, those of the one table have it.
  function hide(rows, own = columns) {
    const away = hiddenColumns();
    for (const row of rows) own.forEach(({ name }, index) => (row.cells[index].hidden = away.has(name)));
  }

  function hideInPage() {
    const own = columns.filter((column) => column.index !== undefined);
    for (const table of tables) hide(table.rows, own);
  }

  function chooseColumns() {
    try {
      localStorage.setItem(MEMORY, JSON.stringify([...hiddenColumns()]));
    } catch {
      // A browser may forbid to remember: then the choice lasts as long as the page.
    }
    hideInPage();
    if (view) hide([view.head, ...view.body.rows]);
  }

  function recallColumns() {
    try {
      const away = JSON.parse(localStorage.getItem(MEMORY));
      for (const box of boxes) box.checked = !away.includes(box.value);
    } catch {
      return; // nothing remembered, or not by us
    }
    if (hiddenColumns().size) hideInPage();
  }

  // --- the address

  function optionOf(select, name) {
    return [...select.options].some((option) => option.value === name) ? name : "";
  }

  function recall() {
    const query = new URLSearchParams(location.search);
    const name = query.get("sort") ?? "";
    if (search) search.value = query.get("q") ?? "";
    for (const select of filters) select.value = optionOf(select, query.get(select.name) ?? "");
    if (named(name)) sort = { name, descending: query.get("dir") === "desc" };
    if (order) order.value = optionOf(order, sort.name);
  }

  function remember() {
    const query = new URLSearchParams();
    const set = (name, value) => value && query.set(name, value);
    set("q", search?.value.trim());
    for (const select of filters) set(select.name, select.value);
    set("sort", sort.name);
    set("dir", sort.descending && "desc");
    try {
      history.replaceState(history.state, "", location.pathname + `?${query}`.replace(/\?$/, "") + location.hash);
    } catch {
      // An address may not be rewritten too often: the view stands, only its address is late.
    }
  }

  // --- the file

  // RFC 4180; the apostrophe keeps a spreadsheet from taking a name for a formula.
  function field(words) {
    const safe = /^[=+\-@\t\r]/.test(words) ? `'${words}` : words;
    return /[",\r\n]|^\s|\s$/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  }

  // Dates as a machine reads them, documents by their addresses.
  function plain(record, column) {
    const cell = record.row.cells[column.index];
    if (column.name === "documents") return [...cell.querySelectorAll("a")].map((link) => link.href).join(" ");
    return cell?.querySelector("time")?.dateTime ?? value(record, column);
  }

  function download() {
    find();
    const away = hiddenColumns();
    const own = columns.filter(({ name }) => !away.has(name));
    const lines = [own.map(({ title }) => title), ...chosen.map((record) => own.map((column) => plain(record, column)))];
    // The mark at the start tells Excel that this is UTF-8; without it "Doña Ana" is spoilt there.
    const written = lines.map((line) => `${line.map(field).join(",")}\r\n`);
    const file = new Blob(["\uFEFF", ...written], { type: "text/csv;charset=utf-8" });
    const link = document.createElement("a");
    link.href = URL.createObjectURL(file);
    link.download = label("file");
    link.click();
    setTimeout(URL.revokeObjectURL, 10_000, link.href);
  }

  // --- start

  form.addEventListener("focusin", read, { once: true });
  form.addEventListener("input", (event) => {
    clearTimeout(waiting);
    // One answer, and one announcement, when the typing pauses.
    if (event.target === search) waiting = setTimeout(update, 150);
  });
  form.addEventListener("change", ({ target }) => {
    // The field's own input event has been heard; answering twice would take the rows from under a click.
    if (target === search) return;
    if (target === order) sort = { name: order.value, descending: order.selectedOptions[0].dataset.dir === "desc" };
    if (boxes.includes(target)) chooseColumns();
    else update();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    update();
  });
  form.addEventListener("reset", () => {
    sort = { name: "", descending: false };
    // The fields are emptied after this event. The columns stay: clearing is about what is sought.
    const away = hiddenColumns();
    setTimeout(() => {
      for (const box of boxes) box.checked = !away.has(box.value);
      update();
    });
  });
  form.elements.download?.addEventListener("click", download);

  // The address says what is shown; a browser's memory of the fields would contradict it.
  form.autocomplete = "off";
  form.hidden = false;
  recallColumns();
  recall();
  if (asked()) update();
  else say();
})();
