// A grid of marks by keyboard: arrow keys go from mark to mark, a digit or a first letter marks.
// Without this script the marks are selects in a form that is sent as a whole.
"use strict";

(() => {
  const marksOf = (row) => [...row.querySelectorAll("td select")];
  const isOpen = (select) => CSS.supports("selector(:open)") && select.matches(":open");

  const across = (select, step) => {
    const all = [...select.closest("tbody").querySelectorAll("td select")];
    return all[all.indexOf(select) + step];
  };
  const along = (select, end) => marksOf(select.closest("tr")).at(end);
  const down = (select, step) => {
    const column = select.closest("td").cellIndex;
    const next = `${step > 0 ? "next" : "previous"}ElementSibling`;
    for (let row = select.closest("tr")[next]; row; row = row[next]) {
      const found = row.cells[column].querySelector("select");
      if (found) return found;
    }
    return null;
  };
  const moves = {
    ArrowLeft: (select) => across(select, -1),
    ArrowRight: (select) => across(select, 1),
    ArrowUp: (select) => down(select, -1),
    ArrowDown: (select) => down(select, 1),
    Enter: (select) => across(select, 1),
    Home: (select) => along(select, 0),
    End: (select) => along(select, -1),
  };

  // The level of that digit; else the next one after the present that begins with that letter.
  const meant = (select, key) => {
    const options = [...select.options];
    const byDigit = options.find((each) => each.dataset.key === key);
    if (byDigit) return byDigit;
    const at = select.selectedIndex + 1;
    const inTurn = [...options.slice(at), ...options.slice(0, at)];
    const letter = key.toLocaleLowerCase();
    return inTurn.find((each) => each.value.toLocaleLowerCase().startsWith(letter));
  };

  const mark = (select, option) => {
    if (option.selected) return;
    option.selected = true;
    select.dispatchEvent(new Event("change", { bubbles: true }));
  };

  document.addEventListener("keydown", (event) => {
    const select = event.target.closest?.("[data-marks] td select");
    if (!select || event.altKey || event.isComposing || isOpen(select)) return;
    const isCommand = event.ctrlKey || event.metaKey;
    const move = !isCommand && moves[event.key];
    if (move) {
      move(select)?.focus();
    } else if (isCommand && event.key === "z") {
      select.closest("td").querySelector("button[name=undo]")?.click();
    } else if (!isCommand && (event.key === "Delete" || event.key === "Backspace")) {
      mark(select, select.options[0]);
    } else if (!isCommand && event.key.length === 1 && event.key !== " ") {
      const option = meant(select, event.key);
      if (option) mark(select, option);
    } else {
      return;
    }
    event.preventDefault();
  });
})();
