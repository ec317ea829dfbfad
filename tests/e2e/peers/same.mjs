// Compares large values and says where they first differ, in few lines.
import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";

const brief = (value) => {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > 1500 ? `${text.slice(0, 1000)} … ${text.slice(-400)}` : text;
};
const isTree = (value) => typeof value === "object" && value !== null;

// The path to the first difference, and the two values there.
function firstDifference(actual, expected, path = "") {
  if (!isTree(actual) || !isTree(expected) || Array.isArray(actual) !== Array.isArray(expected)) {
    return { path, actual, expected };
  }
  for (const key of new Set([...Object.keys(expected), ...Object.keys(actual)])) {
    if (isDeepStrictEqual(actual[key], expected[key])) continue;
    return firstDifference(actual[key], expected[key], `${path}/${key}`);
  }
  return { path, actual, expected };
}

// Throws unless the two are equal.
export function assertSame(actual, expected, what) {
  if (isDeepStrictEqual(actual, expected)) return;
  const difference = firstDifference(actual, expected);
  assert.fail([
    `not ${what}: they differ at ${difference.path}`,
    `  with the sidecar:    ${brief(difference.actual)}`,
    `  without the sidecar: ${brief(difference.expected)}`,
  ].join("\n"));
}
