// The form of a configuration: offers Odoo's fields while a row is written, and tells how many records match.
(() => {
  "use strict";
  const here = window.location.pathname.match(/^(.*\/configuration\/\d+\/)change\/$/);
  if (!here) return;
  const ask = (what) => fetch(here[1] + what, { headers: { Accept: "application/json" } }).then((answer) => answer.json());

  const known = new Map(); // path of a relation -> its fields, asked once
  const fieldsOf = (path) => {
    if (!known.has(path)) {
      known.set(path, ask(`fields/?path=${encodeURIComponent(path)}`).then((found) => found.fields).catch(() => {
        known.delete(path); // a failure is not remembered: the next key asks again
        return [];
      }));
    }
    return known.get(path);
  };

  const list = document.createElement("datalist");
  list.id = "hub-odoo-fields";

  const pathIn = (input) => (input.value.includes(".") ? input.value.slice(0, input.value.lastIndexOf(".")) : "");
  let wanted = null; // answers come in any order: only that of the path asked for last is shown

  // What stands before the name at hand, where a field takes several: "name, email, ".
  const before = (input) => (input.name === "trigger_fields" ? input.value.match(/^(.*[,\s])?/)[0] : "");

  const offer = async (input) => {
    const path = input.name === "trigger_fields" ? "" : pathIn(input);
    const first = before(input);
    const key = `${path}|${first}`;
    wanted = key;
    if (list.dataset.path === key) return;
    const fields = await fieldsOf(path);
    if (wanted !== key) return;
    list.dataset.path = key;
    list.replaceChildren(...fields.map((field) => {
      const option = document.createElement("option");
      option.value = first + field.value;
      option.label = field.label;
      return option;
    }));
  };

  const FIELDS = /^(mappings-.*-odoo_field|state_field|trigger_fields)$/;
  const isField = (element) => element instanceof HTMLInputElement && FIELDS.test(element.name);
  for (const event of ["focusin", "input"]) {
    document.addEventListener(event, ({ target }) => {
      if (!isField(target)) return;
      target.setAttribute("list", list.id);
      offer(target);
    });
  }

  // What the chosen value type of the row at hand does, below the rows.
  const isKind = (element) => element instanceof HTMLSelectElement && /^mappings-.*-kind$/.test(element.name);
  const note = document.createElement("p");
  note.className = "hub-note hub-sentence";
  const kindOf = (element) => {
    const row = element instanceof HTMLElement && element.closest("#mappings-group tr");
    return row && [...row.querySelectorAll("select")].find(isKind);
  };
  const explain = (select) => {
    const detail = select.closest("tr").querySelector("textarea[name$=-detail]");
    const chosen = select.selectedOptions[0];
    if (!detail || !chosen) return;
    detail.placeholder = chosen.dataset.example ? `Such as ${chosen.dataset.example}` : "";
    const group = document.getElementById("mappings-group");
    if (note.parentElement !== group) group.append(note);
    note.textContent = chosen.dataset.sentence ? `${chosen.textContent}: ${chosen.dataset.sentence}` : "";
  };
  for (const event of ["change", "focusin"]) {
    document.addEventListener(event, ({ target }) => {
      const select = kindOf(target);
      if (select) explain(select);
    });
  }

  document.addEventListener("DOMContentLoaded", () => {
    const kinds = [...document.querySelectorAll("#mappings-group tr select")].filter(isKind);
    kinds.reverse().forEach(explain); // ends with the first row's
    document.body.append(list);
    const count = document.querySelector("[data-hub-count]");
    if (count) {
      ask("matching/").then((found) => { count.textContent = found.text; })
        .catch(() => { count.textContent = "Cannot be counted just now."; });
    }
  });
})();
