import { writeFile } from "node:fs/promises";
import { stringify } from "yaml";
import { defaultFolders } from "../../../components/contract";
import { exportCommand } from "../../../cli/export";
import { importCommand } from "../../../cli/import";
import type { BulkPassResults, PassResults } from "../../../components/transfer/steps/inputs";
import { providers } from "../../../components/transfer/provider";
import { documentOptions } from "../../contract/options";
import { ledgerCollection } from "../../transfer/database";

/** The steps on the state, as the engine has them. */
export type StepName = keyof typeof providers;

/** Where the product works. */
export interface StateLocation {
  /** The address of the server, where a wire may be in between. */
  readonly uri: string;
  readonly database: string;
  /** The state directory, absolute. */
  readonly root: string;
}

/** What an error of the engine's form keeps of a step that is not finished. */
interface Unfinished {
  readonly properties?: object;
}

const commands = { export: exportCommand, import: importCommand };

/** The product's steps on the state through their doors, with what the engine keeps of each. */
export class Product {
  private readonly states = new Map<StepName, object>();
  private cutover = 0;
  private drains = 0;
  /** Settings that an operator adds, such as `abandonMongo`. */
  advanced: Readonly<Record<string, string>> = {};

  constructor(private readonly place: StateLocation) {}

  /** The next steps belong to another cutover. */
  begin(): void {
    this.cutover += 1;
    this.advanced = {};
  }

  /** The worker was drained, once more. */
  drained(): void {
    this.drains += 1;
  }

  /** What the last rollback did in either pass; undefined since a cutover. */
  get rollbacks(): NonNullable<PassResults["rollback"]>[] {
    return (["Handover", "FinalPass"] as const).flatMap(
      (name) => (this.states.get(name) as PassResults | undefined)?.rollback ?? [],
    );
  }

  /** When the last bulk pass imported. */
  private get importedAt() {
    return (this.states.get("BulkPass") as BulkPassResults | undefined)?.importedAt;
  }

  /** The runs of which the last final pass says that an approval was decided late. */
  get decidedLate() {
    return (
      (this.states.get("FinalPass") as PassResults | undefined)?.report?.decidedLate?.cases ?? []
    );
  }

  /** Runs a step in a direction, again if it ran before. */
  async run(name: StepName, direction: "forward" | "back", fields: object = {}): Promise<object> {
    const { create, update } = providers[name];
    const inputs = { ...this.inputs(name, direction), ...fields } as never;
    const state = this.states.get(name);
    try {
      const { outs = {} } = (await (state ? update("id", state, inputs) : create(inputs))) as {
        outs?: object;
      };
      this.states.set(name, outs);
      return outs;
    } catch (error) {
      const { properties } = error as Unfinished;
      if (properties) this.states.set(name, properties);
      throw error;
    }
  }

  /** The bulk pass of another process, which keeps nothing. */
  async importBeside(uri: string): Promise<void> {
    const inputs = { ...this.inputs("BulkPass", "forward"), uri } as never;
    await providers.BulkPass.create(inputs);
  }

  /** A command of `taskrunner-storage`, by its arguments, with the stack's settings. */
  async command([name = "", ...options]: readonly string[]): Promise<void> {
    const file = await this.writeSettings(this.place.uri);
    const command = commands[name as keyof typeof commands];
    await command.parseAsync(["--settings", file, "--quiet", ...options], { from: "user" });
    process.exitCode = 0;
  }

  /** Writes the stack's settings, with an address of the server; the file's name. */
  async writeSettings(uri: string): Promise<string> {
    const { root, database } = this.place;
    const file = `${root}.${new URL(uri).port}.yaml`;
    const values = {
      storageMode: "filesystem",
      mongoUri: uri.replace("/?", `/${database}?`),
      backfill: { source: { path: root } },
      rollout: { target: "values", directory: ".", confirm: "none", workerStopped: 1 },
    };
    const config = Object.entries(values).map(([key, value]) => [
      `taskrunner-storage:${key}`,
      value,
    ]);
    await writeFile(file, stringify({ config: Object.fromEntries(config) as object }));
    return file;
  }

  private inputs(name: StepName, direction: "forward" | "back"): object {
    const cutoverAt = (this.states.get("Handover") as PassResults | undefined)?.cutoverRecord?.at;
    return {
      ...this.place,
      direction,
      ledger: ledgerCollection,
      stack: "storage/test",
      cutover: this.cutover,
      folders: defaultFolders,
      approvals: true,
      collections: documentOptions.collections,
      electionSeconds: 2,
      ...(name === "Handover" && { stoppedAt: String(this.drains) }),
      ...(name === "FirstVerification" && { importedAt: this.importedAt }),
      ...(name === "FinalPass" && cutoverAt !== undefined && { cutoverAt }),
      ...this.advanced,
    };
  }
}
