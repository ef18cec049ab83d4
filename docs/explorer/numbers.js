// Arrays of numbers as text: read from fields, shown as tables.
// SPDX-License-Identifier: Apache-2.0

// The numbers of a text, or null where it is empty. Throws what is no number.
function numbersOf(text) {
  const words = text.split(/[\s,;]+/).filter(word => word !== "");
  if (words.length === 0) return null;
  return words.map(word => {
    const value = Number(word);
    if (!Number.isFinite(value)) throw new Error(`'${word}' is no number`);
    return value;
  });
}

// As the tables show it: six digits at most.
const numberText = value => String(Number(value.toPrecision(6)));

// One table per plane of the array's last two axes, one row for a single one of space; `order` names its axes.
function tablesOf({shape, values}, caption) {
  const columns = shape[shape.length - 1], rows = shape.length > 3 ? shape[shape.length - 2] : 1;
  const planes = values.length / (rows * columns), list = document.createElement("div");
  list.className = "planes";
  for (let plane = 0; plane < planes; ++plane) {
    const table = document.createElement("table");
    const words = table.createCaption();
    words.textContent = planes === 1 ? caption : `${caption} [${positionOf(plane, shape, rows)}]`;
    for (let row = 0; row < rows; ++row) {
      const line = table.insertRow();
      for (let column = 0; column < columns; ++column)
        line.insertCell().textContent = numberText(values[(plane * rows + row) * columns + column]);
    }
    list.append(table);
  }
  return list;
}

function positionOf(plane, shape, rows) {
  const outer = shape.slice(0, rows === 1 && shape.length === 3 ? -1 : -2), at = [];
  for (let axis = outer.length - 1; axis >= 0; --axis) {
    at.unshift(plane % outer[axis]);
    plane = Math.floor(plane / outer[axis]);
  }
  return at.join(", ") + ", ...";
}

// What the other forms said, in a sentence.
function agreement(others) {
  const name = form => form.replaceAll("_", " ");
  const names = others.map(other => name(other.form)).join(", ");
  const wrong = others.filter(other => !(other.difference <= other.bound));
  if (wrong.length > 0)
    return `${wrong.map(other => name(other.form)).join(", ")}: OTHER NUMBERS than gather. This is a fault; please report it.`;
  const largest = Math.max(...others.map(other => other.difference));
  return largest === 0 ? `Computed by gather; ${names}: the same numbers.`
                       : `Computed by gather; ${names}: the same numbers but for rounding (${largest.toPrecision(1)}).`;
}
