import { pathToFileURL } from "node:url";
import { Marked } from "marked";

const address = (module: string) => pathToFileURL(require.resolve(module)).href;

const frame = `
  body { margin: 0; padding: 24px; background: #fff; }
  .comment { border: 1px solid #d1d9e0; border-radius: 6px; padding: 16px; width: 830px; }`;

/** The page's root says how high it is, once everything on it is drawn. */
const measure = `
  document.documentElement.dataset.height = document.documentElement.offsetHeight;`;

const escaped = (text: string) =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

/** GitHub colours the lines of a diff, by these classes of its style sheet. */
const github = new Marked({
  gfm: true,
  async: false,
  renderer: {
    code({ text, lang }) {
      if (lang !== "diff") return false;
      const lines = escaped(text).replace(/^([+-]).*$/gm, (line, sign) => {
        return `<span class="pl-m${sign === "+" ? "i1" : "d"}">${line}</span>`;
      });
      return `<pre><code>${lines}</code></pre>`;
    },
  },
});

/** A comment as GitHub shows it in a pull request, what is folded folded. */
export function commentPage(markdown: string): string {
  const comment = github.parse(markdown) as string;
  return page(`<div class="comment markdown-body">${comment}</div><script>${measure}</script>`);
}

/** A Mermaid diagram as GitHub shows it. */
export function diagramPage(diagram: string): string {
  return page(`<pre class="mermaid">${escaped(diagram)}</pre>
<script src="${address("mermaid/dist/mermaid.min.js")}"></script>
<script>mermaid.initialize({ startOnLoad: false }); mermaid.run().then(() => {${measure}});</script>`);
}

/** The text of each Mermaid block in a page of Markdown. */
export function diagramsIn(markdown: string): string[] {
  const tokens = github.lexer(markdown);
  return tokens.flatMap((token) =>
    token.type === "code" && token.lang === "mermaid" ? [token.text as string] : [],
  );
}

function page(body: string): string {
  return `<!doctype html>
<html><head><meta charset="utf-8">
<link rel="stylesheet" href="${address("github-markdown-css/github-markdown-light.css")}">
<style>${frame}</style></head><body>
${body}
</body></html>
`;
}
