// Searches and counts while the person types; without it the server does both.
(() => {
  const search = document.getElementById("q");
  const found = document.getElementById("found");
  const other = document.getElementById("other");
  const count = document.getElementById("count");
  const groups = [...document.querySelectorAll("fieldset.group")].map((fieldset) => ({
    fieldset,
    rows: [...fieldset.querySelectorAll("label")].map((label) => ({
      label,
      box: label.querySelector("input"),
      text: label.textContent.toLowerCase(),
    })),
  }));
  const boxes = groups.flatMap((group) => group.rows.map((row) => row.box));
  const tally = () => {
    const words = other.value.split(/\s+/).filter(Boolean).length;
    count.textContent = boxes.filter((box) => box.checked).length + words;
  };
  const filter = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let hits = 0;
    for (const { fieldset, rows } of groups) {
      let shown = 0;
      for (const { label, box, text } of rows) {
        const hit = words.every((word) => text.includes(word));
        hits += hit;
        shown += hit || box.checked;
        label.hidden = !hit && !box.checked;
      }
      fieldset.hidden = shown === 0;
    }
    found.textContent = words.length
      ? `${hits} ${hits === 1 ? "scope matches" : "scopes match"}. What you have chosen stays in sight.`
      : "By name or by meaning.";
  };
  search.addEventListener("input", filter);
  document.addEventListener("change", tally);
  other.addEventListener("input", tally);
  for (const button of document.querySelectorAll("[data-scopes]")) {
    button.addEventListener("click", (event) => {
      event.preventDefault();
      const wanted = new Set(button.dataset.scopes.split(" "));
      boxes.forEach((box) => { box.checked = wanted.has(box.value); });
      other.value = "";
      filter();
      tally();
    });
  }
  // What the browser remembers of a page that was left.
  addEventListener("pageshow", () => { filter(); tally(); });
})();
