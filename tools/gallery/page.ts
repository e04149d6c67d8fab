import { pathToFileURL } from "node:url";
import { Marked } from "marked";
import { mermaid } from "../parts";

/** A reader's look: light or dark colours, on a screen or a phone. */
export interface Look {
  readonly name: string;
  readonly theme: "light" | "dark";
  /** Width in pixels of a comment on GitHub with its margins. */
  readonly width: number;
}

export const looks: readonly Look[] = [
  { name: "", theme: "light", width: 912 },
  { name: "-dark", theme: "dark", width: 912 },
  { name: "-phone", theme: "light", width: 360 },
];
/** Diagrams are drawn once. */
const usual: Look = { name: "", theme: "light", width: 912 };

const colours = { light: ["#fff", "#d1d9e0"], dark: ["#0d1117", "#3d444d"] } as const;

/** States the page's height at its root once everything is drawn. */
const measure = `
  document.documentElement.dataset.height = document.documentElement.offsetHeight;`;

const escape = (text: string) =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

/** GitHub's style sheet colours the lines of a diff by these classes. */
const github = new Marked({
  gfm: true,
  async: false,
  renderer: {
    code({ text, lang }) {
      if (lang !== "diff") return false;
      const lines = escape(text).replace(/^([+-]).*$/gm, (line, sign) => {
        return `<span class="pl-m${sign === "+" ? "i1" : "d"}">${line}</span>`;
      });
      return `<pre><code>${lines}</code></pre>`;
    },
  },
});

/** A comment as GitHub shows it in a pull request, with folded parts folded. */
export function commentPage(markdown: string, look: Look): string {
  const comment = github.parse(markdown) as string;
  const body = `<div class="comment markdown-body">${comment}</div><script>${measure}</script>`;
  return page(body, look);
}

/** A Mermaid diagram as GitHub shows it. */
export async function diagramPage(diagram: string): Promise<string> {
  const { script } = await mermaid();
  return page(`<pre class="mermaid">${escape(diagram)}</pre>
<script src="${pathToFileURL(script).href}"></script>
<script>mermaid.initialize({ startOnLoad: false }); mermaid.run().then(() => {${measure}});</script>`);
}

/** The text of each Mermaid block in a page of Markdown. */
export function diagramsIn(markdown: string): string[] {
  const tokens = github.lexer(markdown);
  return tokens.flatMap((token) =>
    token.type === "code" && token.lang === "mermaid" ? [token.text as string] : [],
  );
}

function page(body: string, { theme, width } = usual): string {
  const styles = require.resolve(`github-markdown-css/github-markdown-${theme}.css`);
  const [background, border] = colours[theme];
  // A phone has hardly any margin.
  const margin = width < 600 ? 8 : 24;
  return `<!doctype html>
<html><head><meta charset="utf-8">
<link rel="stylesheet" href="${pathToFileURL(styles).href}">
<style>
  html { background: ${background}; }
  body { margin: 0; padding: ${margin}px; box-sizing: border-box; width: ${width}px; }
  .comment { border: 1px solid ${border}; border-radius: 6px; padding: 16px; }</style></head><body>
${body}
</body></html>
`;
}
