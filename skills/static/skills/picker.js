// The box in which a skill is chosen: a combobox with a list (ARIA Authoring Practices), by keyboard
// alone if one likes. htmx fills the list; without this script the form's own button finds skills.
"use strict";

(() => {
  const parts = (node) => {
    const picker = node.closest?.("[data-picker]");
    return picker && {
      box: picker.querySelector("[role=combobox]"),
      list: picker.querySelector("[role=listbox]"),
      chosen: picker.querySelector("[data-chosen]"),
      chip: picker.querySelector("template"),
      status: picker.querySelector("[role=status]"),
    };
  };
  const options = (at) => [...at.list.querySelectorAll("[role=option]")];
  const pointed = (at) => at.list.querySelector("[aria-selected=true]");

  const point = (at, option) => {
    pointed(at)?.setAttribute("aria-selected", "false");
    at.box.removeAttribute("aria-activedescendant");
    if (!option) return;
    option.setAttribute("aria-selected", "true");
    at.box.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  };

  const show = (at, isOpen) => {
    at.list.hidden = !isOpen;
    at.box.setAttribute("aria-expanded", String(isOpen));
    if (!isOpen) point(at, null);
  };

  const take = (at, option) => {
    const { value, name } = option.dataset;
    let tick = [...at.chosen.querySelectorAll("input")].find((each) => each.value === value);
    if (!tick) {
      const chip = at.chip.content.cloneNode(true);
      const label = chip.querySelector("label");
      tick = chip.querySelector("input");
      tick.value = value;
      tick.id = label.htmlFor = `${at.box.id}-chosen-${value}`;
      label.textContent = name;
      at.chosen.append(chip);
    }
    tick.checked = true;
    at.box.value = "";
    show(at, false);
    at.list.replaceChildren();
    at.status.textContent = at.box.dataset.taken.replace("%s", name);
    at.box.focus();
  };

  document.addEventListener("htmx:afterSwap", ({ target }) => {
    const at = target.matches("[data-picker] [role=listbox]") && parts(target);
    if (at) show(at, document.activeElement === at.box && options(at).length > 0);
  });

  document.addEventListener("keydown", (event) => {
    const at = event.target.matches("[data-picker] [role=combobox]") && parts(event.target);
    if (!at || event.isComposing) return;
    const all = options(at);
    const isOpen = !at.list.hidden;
    const now = all.indexOf(pointed(at));
    const moves = { ArrowDown: now + 1, ArrowUp: now < 0 ? all.length - 1 : now - 1 };
    if (event.key in moves && all.length) {
      show(at, true);
      point(at, all[(moves[event.key] + all.length) % all.length]);
    } else if (event.key === "Enter") {
      if (isOpen && all.length) take(at, all[Math.max(now, 0)]);
    } else if (event.key === "Escape" && isOpen) {
      show(at, false);
    } else {
      return;
    }
    event.preventDefault();
  });

  // Before the box loses the focus, which would shut the list.
  document.addEventListener("mousedown", (event) => {
    const option = event.target.closest("[data-picker] [role=option]");
    if (!option) return;
    event.preventDefault();
    take(parts(option), option);
  });

  document.addEventListener("focusout", ({ target }) => {
    if (target.matches("[data-picker] [role=combobox]")) show(parts(target), false);
  });
})();
