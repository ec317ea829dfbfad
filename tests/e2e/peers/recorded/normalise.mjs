// What differs from one run of a session to the next, and nothing else.
const moments = [
  /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)/g, // 2026-11-22T19:51:39.804Z
  /\w{3} \w{3} \d\d \d{4} \d\d:\d\d:\d\d GMT[+-]\d{4} \([^)]*\)/g, // a Date as text
  /\b\d{1,2}:\d\d:\d\d\s?[AP]M\b/g, // a time of day, as server-everything writes it
];
// Random ids: 32 hexadecimal digits (server-everything's task ids) and UUIDs.
const randomIds = /\b([0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})\b/g;

// server-everything's binary resource is a text with a moment in it.
const blobs = /"blob":"(UmVzb3VyY2Ug[A-Za-z0-9+/=]*)"/g; // "Resource "
const readable = (line) => line.replaceAll(blobs, (_, blob) => `"blob":"${Buffer.from(blob, "base64")}"`);

// Returns a function that replaces moments by TIME, and random ids by ID-n in the order in which they
// first came up in this session.
export function normaliser() {
  const ids = new Map();
  return (line) => {
    const timeless = moments.reduce((text, moment) => text.replaceAll(moment, "TIME"), readable(line));
    return timeless.replaceAll(randomIds, (id) => {
      if (!ids.has(id)) ids.set(id, `ID-${ids.size + 1}`);
      return ids.get(id);
    });
  };
}
