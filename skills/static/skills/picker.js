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
      isSingle: "single" in picker.dataset,
      sends: "sends" in picker.dataset,
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
    if (isOpen) at.list.scrollIntoView({ block: "nearest" });
    else point(at, null);
  };

  // The pattern with key and name in their places; a select shows the skill's kind if it has one.
  const chipOf = (at, { value: key, name, kind }) => {
    const chip = at.chip.content.cloneNode(true);
    const filled = (text) => text.replace(/__(key|name)__/g, (_, part) => ({ key, name })[part]);
    for (const node of chip.querySelectorAll("*")) {
      for (const attribute of node.attributes) attribute.value = filled(attribute.value);
      if (!node.children.length) node.textContent = filled(node.textContent);
    }
    for (const select of chip.querySelectorAll("select")) {
      if ([...select.options].some((each) => each.value === kind)) select.value = kind;
    }
    return chip;
  };

  const take = (at, { dataset: said }) => {
    const ticked = () =>
      [...at.chosen.querySelectorAll("input")].find((each) => each.value === said.value);
    if (!ticked()) {
      if (at.isSingle) at.chosen.replaceChildren();
      at.chosen.append(chipOf(at, said));
    }
    ticked().checked = true;
    at.box.value = "";
    show(at, false);
    at.list.replaceChildren();
    at.status.textContent = at.box.dataset.taken.replace("%s", () => said.name);
    at.box.focus();
  };

  document.addEventListener("htmx:afterSwap", ({ target, detail }) => {
    const at = target.matches("[data-picker] [role=listbox]") && parts(target);
    if (!at) return;
    at.list.dataset.words = detail.requestConfig.parameters.q;
    show(at, document.activeElement === at.box && options(at).length > 0);
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
      // What was found for fewer letters is not what one means by now.
      const meant = all[now] ?? (at.list.dataset.words === at.box.value ? all[0] : null);
      if (isOpen && meant) take(at, meant);
      else if (at.sends && !at.box.value && at.chosen.querySelector("input:checked")) at.box.form.requestSubmit();
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

  // What is said to be chosen may be left out again.
  document.addEventListener("change", ({ target }) => {
    if (target.matches("[data-picker] [data-chosen] input")) parts(target).status.textContent = "";
  });

  document.addEventListener("focusout", ({ target }) => {
    if (target.matches("[data-picker] [role=combobox]")) show(parts(target), false);
  });
})();
