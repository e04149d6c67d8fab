import { Long, type Collection, type Db, type Document, type MongoServerError } from "mongodb";
import { collections, type CollectionRole } from "../../components/contract";
import { type Form, fromStored, toStatus } from "./form";
import type { Approval, Artifact, LogRecord, LogMessage, RunRecord } from "./records";
import type { Store } from "./store";

/** The MongoDB stores: documents as the contract has them. */
export class MongoStore implements Store {
  /** @param names the collections' names by role */
  constructor(
    private readonly database: Db,
    private readonly names: Readonly<Record<CollectionRole, string>>,
    private readonly form: Form = "names",
  ) {}

  async runs(): Promise<RunRecord[]> {
    const found = await this.collection("runs").find().sort({ _id: 1 }).toArray();
    return found.map(({ _id, ...run }) => ({ runId: String(_id), ...recordOf(run) }) as RunRecord);
  }

  async create(run: RunRecord): Promise<void> {
    await this.collection("runs").insertOne(runDocument(run));
  }

  async replace(run: RunRecord, { runId, updatedAt }: RunRecord): Promise<boolean> {
    const seen = { _id: runId as never, updatedAt: new Date(updatedAt) };
    const { matchedCount } = await this.collection("runs").replaceOne(seen, runDocument(run));
    return matchedCount === 1;
  }

  async append(runId: string, message: LogMessage): Promise<LogRecord> {
    const logs = this.collection("logs");
    const last = await logs.findOne({ runId }, { sort: { sequence: -1 } });
    const entry = { sequence: Number(last?.sequence ?? 0) + 1, ...message };
    try {
      await logs.insertOne(documentOf("logs", { runId, ...entry }));
    } catch (error) {
      // Another writer drew the same number: this one takes the next.
      if ((error as MongoServerError).code !== 11000) throw error;
      return this.append(runId, message);
    }
    return entry;
  }

  async logs(runId: string): Promise<LogRecord[]> {
    return this.recordsOf<LogRecord>("logs", { runId }, { sequence: 1 });
  }

  async capture(runId: string, artifacts: readonly Artifact[]): Promise<void> {
    const operations = artifacts.map((artifact) => ({
      replaceOne: {
        filter: { runId, name: artifact.name },
        replacement: documentOf("artifacts", { runId, ...artifact }),
        upsert: true,
      },
    }));
    await this.collection("artifacts").bulkWrite(operations);
  }

  async artifacts(runId: string): Promise<Artifact[]> {
    return this.recordsOf<Artifact>("artifacts", { runId }, { name: 1 });
  }

  async approvals(runId: string): Promise<Approval[]> {
    return this.approvalsIn({ runId }, { approvalId: 1 });
  }

  async pendingApprovals(): Promise<Approval[]> {
    return this.approvalsIn({ status: toStatus(this.form, "pending") }, { runId: 1 });
  }

  async ask(approval: Approval): Promise<void> {
    const { runId, approvalId } = approval;
    const once = { $setOnInsert: this.approvalDocument(approval) };
    await this.collection("approvals").updateOne({ runId, approvalId }, once, { upsert: true });
  }

  async decide(approval: Approval): Promise<void> {
    const { runId, approvalId } = approval;
    const pending = { runId, approvalId, status: toStatus(this.form, "pending") };
    const decided = this.approvalDocument(approval);
    const { matchedCount } = await this.collection("approvals").replaceOne(pending, decided);
    if (matchedCount === 0) throw new Error(`approval ${approvalId} of ${runId} is not pending`);
  }

  private approvalDocument(approval: Approval): Document {
    const status = toStatus(this.form, approval.status);
    return documentOf("approvals", { ...approval, status });
  }

  private async approvalsIn(filter: object, sort: object): Promise<Approval[]> {
    const found = await this.recordsOf<Approval>("approvals", filter, sort);
    return found.map((approval) => fromStored(this.form, approval));
  }

  private collection(role: CollectionRole): Collection {
    return this.database.collection(this.names[role], { writeConcern: { w: "majority" } });
  }

  private async recordsOf<T>(role: CollectionRole, filter: object, sort: object): Promise<T[]> {
    const options = { sort: { ...sort }, projection: { _id: 0 } };
    const found = await this.collection(role).find(filter, options).toArray();
    return found.map((document) => recordOf(document) as T);
  }
}

function runDocument({ runId, ...run }: RunRecord): Document {
  return documentOf("runs", { _id: runId, ...run });
}

/** A record with the contract's types in the place of JSON's. */
function documentOf(role: CollectionRole, record: object): Document {
  const { fields } = collections[role];
  const typed = (name: string, value: unknown) => {
    if (fields[name]?.type === "date") return new Date(value as string);
    return fields[name]?.type === "long" ? Long.fromNumber(value as number) : value;
  };
  return Object.fromEntries(
    Object.entries(record).map(([name, value]) => [name, typed(name, value)]),
  );
}

function recordOf(document: Document): object {
  return Object.fromEntries(
    Object.entries(document).map(([name, value]: [string, unknown]) => [
      name,
      value instanceof Date ? value.toISOString() : value,
    ]),
  );
}
