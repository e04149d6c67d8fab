import fc from "fast-check";
import { expect, it } from "vitest";
import {
  describeUnreadable,
  errorCode,
  findSimilar,
  formatCount,
  formatDuration,
  formatNumber,
  formatSize,
  nameFirst,
  redact,
} from "../../components/text";

/** Every sign that a word may have, unencoded too. */
const sign = fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code));
const word = fc.string({ unit: sign, maxLength: 12 });
/** It can be found again in a text: nothing else has these letters. */
const password = fc.tuple(word, word).map(([before, after]) => `${before}zSeCrEt${after}`);
const schemes = ["mongodb", "mongodb+srv", "MONGODB", "http", "https", "amqp", "oci", "git+ssh"];
const uri = fc
  .record({
    scheme: fc.constantFrom(...schemes),
    user: fc.constantFrom("", "user", "a%40b", "first.last"),
    password: fc.oneof(password, password.map(encodeURIComponent)),
    hosts: fc.constantFrom("h", "h:1", "h1:1,h2:2", "[::1]:1", "cluster.example.net"),
    rest: fc.constantFrom("", "/", "/d?x=y", "/x/y#z"),
  })
  .map(
    ({ scheme, user, password, hosts, rest }) => `${scheme}://${user}:${password}@${hosts}${rest}`,
  );
/** The forms in which a message, a line of a log, JSON or a shell has a URI. */
const around = fc.constantFrom<(text: string) => string>(
  (text) => text,
  (text) => `Connecting to ${text} failed: no.`,
  (text) => JSON.stringify({ uri: text }),
  (text) => `'${text}', (${text}); \`${text}\``,
  (text) => `key=${text}\nproxy ${text}`,
);

it("shows no password of a URI, in whatever form and text", () => {
  fc.assert(
    fc.property(uri, around, fc.constantFrom(undefined, "[secret]"), (text, within, mask) => {
      const shown = redact(within(text), mask);
      expect(shown).not.toContain("zSeCrEt");
      expect(shown).toContain(mask ?? "***");
    }),
    { numRuns: 5_000 },
  );
});

it.each(["mongodb://u:pa ss@h/d", "mongodb+srv://u:p@ s w@h is down", "MongoDB://u:pa ss@h"])(
  "shows nothing of %s",
  (text) => {
    expect(redact(`Connecting to ${text}`)).not.toMatch(/ ss|[ps] w/);
    expect(redact(text, "-")).toMatch(/^mongodb(\+srv)?:\/\/-@h/i);
  },
);

it("leaves what follows a host", () => {
  const text = "mongodb://h:27017/d is another one: set advanced.acceptDatabase: 2026@h/d";
  expect(redact(text)).toMatch(/: 2026@h\/d$/);
});

it("leaves a text without one as it is, with a mask of its own also a URI", () => {
  const none = word.filter((text) => !text.includes("://"));
  fc.assert(
    fc.property(fc.array(none), (words) => {
      expect(redact(words.join(" "))).toBe(words.join(" "));
    }),
  );
  expect(redact("mongodb://h:1/d is down", "-")).toBe("mongodb://h:1/d is down");
  expect(redact("mongodb://u:p@h:1/d is down", "-")).toBe("mongodb://-@h:1/d is down");
  expect(redact("mongodb://h:1/d is down")).toBe("mongodb://*** is down");
  expect(redact("MONGODB://h:1/d is down")).toBe("mongodb://*** is down");
});

it.each([
  [0, "0.0 s"],
  [3_240, "3.2 s"],
  [10_000, "10 s"],
  [119_000, "119 s"],
  [119_500, "2 min 0 s"],
  [250_000, "4 min 10 s"],
  [7_199_000, "119 min 59 s"],
  [7_200_000, "2 h 0 min"],
  [7_500_000, "2 h 5 min"],
])("says %i ms in the units that fit: %s", (ms, words) => {
  expect(formatDuration(ms)).toBe(words);
});

it("counts with separators, and in the plural unless it is one", () => {
  expect(formatCount(1_204, "run")).toBe("1,204 runs");
  expect(formatCount(1, "index")).toBe("1 index");
  expect(formatCount(0, "index")).toBe("0 indexes");
  expect(formatCount(2, "entry", "entries")).toBe("2 entries");
});

it("rounds a number, and says bytes in the unit that a person reads", () => {
  expect(formatNumber(31_530.6)).toBe("31,531");
  expect([0, 1, 99_999].map(formatSize)).toEqual(["0 kB", "1 kB", "100 kB"]);
  expect([1e5, 12_340_000, 1e9].map(formatSize)).toEqual(["0.1 MB", "12.3 MB", "1.0 GB"]);
});

it("names the first of some items, and how many more there are", () => {
  expect(nameFirst(["a", "b"], 2)).toBe("a, b");
  expect(nameFirst(["a", "b", "c"], 2)).toBe("a, b and 1 more");
  expect(nameFirst(["a", "b"], 2, 1_000)).toBe("a, b and 998 more");
  expect(nameFirst(["a", "b"], 1, 1_205)).toBe("a and 1,204 more");
});

it("says why a file cannot be read", () => {
  const failed = (code?: string) => Object.assign(new Error("no"), code !== undefined && { code });
  expect(describeUnreadable(failed("ENOENT"))).toBe("does not exist");
  expect(describeUnreadable(failed("EACCES"))).toBe("cannot be read (EACCES)");
  expect(describeUnreadable(failed())).toBe("cannot be read (unknown error)");
  expect(describeUnreadable(failed(), "it is not valid")).toBe("cannot be read (it is not valid)");
});

it.each([
  ["backfil", "backfill"],
  ["storagemode", "storageMode"],
  ["STORAGEMODE", "storageMode"],
  ["xbackfill", "backfill"],
  ["packfill", "backfill"],
  ["jobx", "jobs"],
  ["jox", undefined],
  ["job_x", undefined],
  ["cutovs", "cutover"],
  ["bakcfill", "backfill"],
  ["cutovers", "cutover"],
  ["bcafkill", undefined],
  ["", undefined],
])("the name that %j means is %j, and none of three edits", (name, meant) => {
  expect(findSimilar(name, ["backfill", "storageMode", "jobs", "cutover"])).toBe(meant);
  expect(findSimilar(name, [])).toBeUndefined();
});

it("has the code of an error of the system", () => {
  expect(errorCode(Object.assign(new Error("no"), { code: "ENOENT" }))).toBe("ENOENT");
  expect(errorCode(new Error("no"))).toBe("unknown error");
  expect(errorCode(undefined, "no reason given")).toBe("no reason given");
});
