import * as fc from "fast-check";
import { expect, it } from "vitest";
import {
  longestComment,
  readPlan,
  readPreview,
  redactor,
  review,
  secretsIn,
  prepareReview,
} from "../../components/review";
import { mark, outside, plans, previews } from "./outside";
import { rendered } from "./rendered";

const minutes = 60_000;
const none = redactor([]);

/** How many comments, and from which seed; the workflow `breaks` makes others every week. */
const { COMMENTS = "500", COMMENT_SEED = "20251106" } = process.env;
const drawn = { numRuns: Number(COMMENTS), seed: Number(COMMENT_SEED) };

/** The HTML of the comment: all of it is ours. */
const ourHtml = /^(<details><summary>[\w ,:]+<\/summary>|<\/details>|<br>)\s*$/;
const ourHeadings = ["Errors", "Runs that cannot be read", "Data issues", "Warnings"];

it(
  "lets no text from outside be read as anything but code",
  () => {
    fc.assert(
      fc.property(previews(), fc.option(plans()), (preview, plan) => {
        const planned = plan ? readPlan(JSON.stringify(plan), none) : undefined;
        const made = review(prepareReview(readPreview(JSON.stringify(preview), none), planned));
        const { html, links, headings, tables, words } = rendered(made.body);

        expect(html.filter((raw) => !ourHtml.test(raw))).toEqual([]);
        expect(links).toEqual([]);
        expect(words).not.toContain(mark);
        expect(words.replaceAll("&#124;", "")).not.toMatch(/[@#<>`\\]/);
        expect(headings[0]?.depth).toBe(3);
        for (const { text } of headings.slice(1)) expect(ourHeadings).toContain(text);
        // A reader of tables drops a cell too many, so the lines themselves are looked at.
        const lines = tables.flatMap(({ raw }) => raw.trimEnd().split("\n"));
        expect(lines.filter((line) => !/^(\|[^|]*){3}\|$/.test(line))).toEqual([]);
        expect(made.headline.replace(`${mark}:`, "")).not.toContain(mark);
        const verdict = rendered(made.verdict);
        expect([...verdict.html, ...verdict.links, ...verdict.headings]).toEqual([]);
        expect(verdict.words).not.toContain(mark);
        expect(made.body.length).toBeLessThanOrEqual(longestComment);
      }),
      drawn,
    );
  },
  15 * minutes,
);

/** A secret of more than letters, which can be known again whatever was done to its other characters. */
const secret = fc
  .tuple(
    fc.stringMatching(/^[A-Z0-9]{6,10}$/),
    fc.string({ maxLength: 6, unit: "grapheme-ascii" }),
    fc.stringMatching(/^[a-z0-9]{4,8}$/),
  )
  .map(([head, middle, tail]) => `zS${head}${middle}${tail}`);
const lettersOf = (text: string) => text.replace(/[^A-Za-z0-9]/g, "");

/** The ways in which a secret that the process knows may stand in a text. */
const written = (value: string): string[] => [
  value,
  encodeURIComponent(value),
  Buffer.from(value).toString("base64"),
  JSON.stringify({ value }),
  `mongodb+srv://user:${encodeURIComponent(value)}@cluster.example.net/taskrunner`,
];

it(
  "lets no secret in that the process knows, however it is written",
  () => {
    fc.assert(
      fc.property(
        secret.chain((value) => {
          const holding = fc
            .tuple(outside, fc.constantFrom(...written(value)), outside)
            .map((texts) => texts.join(" "));
          return fc.tuple(fc.constant(value), previews(holding), plans(holding));
        }),
        fc.constantFrom("GITHUB_TOKEN", "PULUMI_CONFIG_PASSPHRASE", "TASKRUNNER_MONGO_URI"),
        ([value, preview, plan], variable) => {
          const isUri = variable.endsWith("URI");
          const known = isUri ? `mongodb://user:${encodeURIComponent(value)}@host/db` : value;
          const redact = redactor(secretsIn({ [variable]: known }));
          const planned = readPlan(JSON.stringify(plan), redact);
          const made = review(prepareReview(readPreview(JSON.stringify(preview), redact), planned));
          const shown = JSON.stringify(made);

          for (const form of written(value).slice(0, 3)) expect(shown).not.toContain(form);
          expect(lettersOf(shown)).not.toContain(lettersOf(value));
        },
      ),
      drawn,
    );
  },
  15 * minutes,
);

it("lets no password of a URI in, although nobody knows it", { timeout: 15 * minutes }, () => {
  const password = fc.stringMatching(/^zS[A-Z0-9]{6}[!-~]{0,6}[a-z0-9]{4}$/);
  fc.assert(
    fc.property(
      password,
      fc.constantFrom("mongodb", "https", "amqp"),
      outside,
      (value, scheme, text) => {
        const message = `error: ${text} ${scheme}://user:${value}@host.example.net/x ${text}`;
        const preview = { diagnostics: [{ severity: "error", message }] };
        const made = review(prepareReview(readPreview(JSON.stringify(preview), none), undefined));

        expect(lettersOf(made.body)).not.toContain(lettersOf(value));
      },
    ),
    drawn,
  );
});
