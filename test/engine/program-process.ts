import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline/promises";
import { repository } from "../../tools/parts/repository";

/**
 * A process that runs the program again and again, as the Automation API runs an inline program: what
 * an engine is given with `--client`. It loads Pulumi's SDK once, which is most of what a run of the
 * program costs, and the project's own modules anew for each run.
 *
 * Pulumi's language host, which starts a process a run, is what users have; the files that ask for it
 * (`ownProcess`) are those whose subject it touches: kills, an edited file, a whole cutover.
 */
export interface ProgramProcess {
  /** Where the engine finds it, as `HOST:PORT`. */
  readonly address: string;
  stop(): void;
}

/** Starts one for the program of a project; it ends with the process that started it. */
export async function startProgram(
  project: string,
  environment: Readonly<Record<string, string>>,
): Promise<ProgramProcess> {
  const loader = join(repository, "components/typescript.cjs");
  const command = ["--require", loader, __filename];
  const child = spawn(process.execPath, command, {
    cwd: project,
    env: { ...process.env, ...environment },
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const line = await lines.next();
  if (line.done) throw new Error("The process for the program did not start.");
  return { address: `127.0.0.1:${line.value}`, stop: () => child.kill() };
}

/** What a run is asked for, as far as it is not Pulumi's own business. */
interface RunCall {
  readonly request: { getConfigsecretkeysList(): string[] };
}
type Serve = (call: RunCall, answer: unknown) => unknown;

/** Pulumi's own server of inline programs, which its declarations leave out. */
interface LanguageServer {
  run: Serve;
}

/* Pulumi has these for itself: the SDK exports none of them. */
interface Automation {
  readonly LanguageServer: new (program: () => Promise<object>) => LanguageServer;
}
interface Service {
  readonly LanguageRuntimeService: object;
}
interface Grpc {
  readonly Server: new () => {
    addService(service: object, server: object): void;
    bindAsync(address: string, credentials: object, then: (e: unknown, port: number) => void): void;
  };
  readonly ServerCredentials: { createInsecure(): object };
}

function serve(): void {
  const ours = createRequire(join(process.cwd(), "index.ts"));
  const pulumis = createRequire(ours.resolve("@pulumi/pulumi"));
  const { LanguageServer } = pulumis("./automation/server") as Automation;
  const { LanguageRuntimeService } = pulumis("./proto/language_grpc_pb") as Service;
  const { Server, ServerCredentials } = pulumis("@grpc/grpc-js") as Grpc;
  const program = () => {
    forgetOwnModules(ours.cache);
    return Promise.resolve({ ...(ours("./index.ts") as object) });
  };
  const language = new LanguageServer(program);
  const run = language.run.bind(language);
  language.run = (call, answer) => {
    // Only the language host sets this; an inline program has it from the SDK.
    const secrets = call.request.getConfigsecretkeysList();
    process.env.PULUMI_CONFIG_SECRET_KEYS = JSON.stringify(secrets);
    return run(call, answer);
  };
  const server = new Server();
  server.addService(LanguageRuntimeService, language);
  server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) => {
    if (error) throw error as Error;
    process.stdout.write(`${port}\n`);
  });
  process.stdin.resume().once("end", () => process.exit());
}

/** So that no run has what a module kept of the one before. */
function forgetOwnModules(cache: NodeJS.Dict<NodeJS.Module>): void {
  for (const file of Object.keys(cache)) {
    if (!file.includes("/node_modules/") && file !== __filename)
      Reflect.deleteProperty(cache, file);
  }
}

if (require.main === module) serve();
