/** The colours of a picture on a light or a dark page; its background is transparent. */
export interface Palette {
  readonly text: string;
  readonly muted: string;
  readonly files: string;
  readonly mongo: string;
  readonly stopped: string;
}

export const palettes = {
  light: {
    text: "#1f2328",
    muted: "#59636e",
    files: "#6e7781",
    mongo: "#1a7f37",
    stopped: "#cf222e",
  },
  dark: {
    text: "#f0f6fc",
    muted: "#9198a1",
    files: "#656c76",
    mongo: "#238636",
    stopped: "#da3633",
  },
} as const satisfies Record<string, Palette>;

type Fill = "files" | "mongo" | "stopped" | "rolling";

interface Bar {
  readonly to: number;
  readonly fill: Fill;
  readonly says: string;
  /** The centre of its text; default: its middle. */
  readonly at?: number;
}

const left = 76;
const top = 74;
const barHeight = 34;
const rowGap = 14;
/** The ends of the phases of a cutover in pixels; not to scale. */
const phases = [
  { to: 196, says: ["schema"] },
  { to: 356, says: ["bulk pass,", "canary, proof"] },
  { to: 516, says: ["drain, handover"] },
  { to: 612, says: ["worker", "rollout"] },
  { to: 708, says: ["web", "rollout"] },
  { to: 876, says: ["final pass,", "verification"] },
];
const fence = 500;
const rows: readonly { readonly name: string; readonly bars: readonly Bar[] }[] = [
  {
    name: "worker",
    bars: [
      { to: 356, fill: "files", says: "works on files" },
      { to: 612, fill: "stopped", says: "stopped", at: 428 },
      { to: 876, fill: "mongo", says: "works on MongoDB" },
    ],
  },
  {
    name: "web",
    bars: [
      { to: 612, fill: "files", says: "works on files" },
      { to: 708, fill: "rolling", says: "pods replaced" },
      { to: 876, fill: "mongo", says: "works on MongoDB" },
    ],
  },
  {
    name: "data",
    bars: [
      { to: fence, fill: "files", says: "files are the source of truth" },
      { to: 876, fill: "mongo", says: "MongoDB is the source of truth" },
    ],
  },
];

/** The timeline of a cutover as an SVG; written by `make docs`. */
export function timeline(colours: Palette): string {
  const bottom = top + rows.length * (barHeight + rowGap);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="-8 20 892 ${bottom + 16}" role="img" aria-labelledby="t d"`,
    `  font-family="-apple-system, 'Segoe UI', 'Noto Sans', Helvetica, Arial, sans-serif" font-size="13">`,
    `<title id="t">Timeline of a cutover</title>`,
    `<desc id="d">${description}</desc>`,
    `<defs><linearGradient id="rolling"><stop stop-color="${colours.files}"/>` +
      `<stop offset="1" stop-color="${colours.mongo}"/></linearGradient></defs>`,
    ...phases.flatMap((_, at) => phaseLines(at, colours, bottom)),
    ...rows.flatMap(({ name, bars }, at) => rowLines(name, bars, at, colours)),
    line(fence, top - 8, bottom + 8, `stroke="${colours.text}" stroke-width="2"`),
    text(fence, bottom + 25, "fence", `fill="${colours.text}" font-weight="600"`),
    "</svg>",
    "",
  ].join("\n");
}

const description =
  "The worker works on files until the proof is done, is stopped from the drain until its new pods " +
  "are ready, and then works on MongoDB. Web works on files until the worker is ready, its pods are " +
  "replaced without a stop, and then it works on MongoDB. Files are the source of truth until the fence, " +
  "which is recorded at the end of the handover; from then on it is MongoDB.";

function phaseLines(at: number, { muted }: Palette, bottom: number): string[] {
  const { to = 0, says = [] } = phases[at] ?? {};
  const from = phases[at - 1]?.to ?? left;
  const first = says.length === 1 ? 50 : 36;
  return [
    ...says.map((words, row) => text((from + to) / 2, first + row * 16, words, `fill="${muted}"`)),
    line(to, 24, bottom, `stroke="${muted}" stroke-opacity="0.35" stroke-dasharray="3 4"`),
  ];
}

function rowLines(name: string, bars: readonly Bar[], row: number, colours: Palette): string[] {
  const y = top + row * (barHeight + rowGap);
  const label = `<text x="0" y="${y + 22}" fill="${colours.text}" font-weight="600">${name}</text>`;
  return [
    label,
    ...bars.flatMap(({ to, fill, says, at }, place) => {
      const from = bars[place - 1]?.to ?? left;
      const colour = fill === "rolling" ? "url(#rolling)" : colours[fill];
      return [
        `<rect x="${from + 1}" y="${y}" width="${to - from - 2}" height="${barHeight}" rx="4" fill="${colour}"/>`,
        text(at ?? (from + to) / 2, y + 22, says, `fill="#ffffff"`),
      ];
    }),
  ];
}

const text = (x: number, y: number, says: string, look: string) =>
  `<text x="${x}" y="${y}" text-anchor="middle" ${look}>${says}</text>`;
const line = (x: number, from: number, to: number, look: string) =>
  `<line x1="${x}" x2="${x}" y1="${from}" y2="${to}" ${look}/>`;
