import { describe, expect, test } from "vitest";
import {
  chooseDatabase,
  type DatabaseVariables,
  secretsFor,
  hidePassword,
} from "../../../tools/dev/database";
import { stacks } from "../../../tools/dev/places";

/** The database of a command on stack dev. */
const chosen = (variables: DatabaseVariables, running?: { port: number }) =>
  chooseDatabase(variables, stacks.dev, running);

describe("the database of a command", () => {
  test("is the document's, which the committed settings name", () => {
    const database = chosen({});
    expect(database.uri).toBe("mongodb://127.0.0.1:27017/taskrunner");
    expect(secretsFor(database, stacks.dev)).toEqual({});
  });

  test("of stack local is on another port, so that both stacks can run", () => {
    const database = chooseDatabase({}, stacks.local);
    expect(database.uri).toBe("mongodb://127.0.0.1:27117/taskrunner");
    expect(secretsFor(database, stacks.local)).toEqual({});
    expect(secretsFor(database, stacks.dev)).toEqual({ mongoUri: database.uri });
  });

  test("is on another port where MONGO_PORT moves it", () => {
    const database = chosen({ MONGO_PORT: "27018" });
    const uri = "mongodb://127.0.0.1:27018/taskrunner";
    expect(database).toEqual({ kind: "embedded", port: 27018, uri });
    expect(secretsFor(database, stacks.dev)).toEqual({ mongoUri: uri });
  });

  test("stays where the embedded server runs, unless MONGO_PORT says otherwise", () => {
    expect(chosen({}, { port: 27018 })).toMatchObject({ port: 27018 });
    expect(chosen({ MONGO_PORT: "27019" }, { port: 27018 })).toMatchObject({ port: 27019 });
  });

  test("has two users with a password where pods reach it", () => {
    const login = { host: "10.201.1.1", password: "secret" };
    const database = chooseDatabase({}, stacks.local, undefined, login);
    const { mongoUri = "", appMongoUri = "" } = secretsFor(database, stacks.local);
    expect(mongoUri).toMatch(/^mongodb:\/\/migrator:secret@10\.201\.1\.1:27117\/taskrunner\?/);
    expect(appMongoUri).toMatch(/^mongodb:\/\/services:secret@10\.201\.1\.1:27117\/taskrunner\?/);
    expect(hidePassword(mongoUri)).toBe("mongodb://10.201.1.1:27117/taskrunner");
  });

  test("is the server that MONGODB_URI names, for migrator and services", () => {
    const MONGODB_URI = "mongodb://u:secret@db.example.org/other?tls=true";
    const database = chosen({ MONGODB_URI, MONGO_PORT: "1" });
    expect(database).toEqual({ kind: "named", uri: MONGODB_URI });
    expect(secretsFor(database, stacks.dev)).toEqual({
      mongoUri: MONGODB_URI,
      appMongoUri: MONGODB_URI,
    });
  });

  test("gets the document's name where the URI names none", () => {
    const { uri } = chosen({ MONGODB_URI: "mongodb://u:p@a:1,b:2/?replicaSet=r" });
    expect(uri).toBe("mongodb://u:p@a:1,b:2/taskrunner?replicaSet=r");
  });

  test.each(["x", "0", "65536", "27017.5"])("refuses MONGO_PORT=%s", (MONGO_PORT) => {
    expect(() => chosen({ MONGO_PORT })).toThrow("a number from 1 to 65535 is needed");
  });

  test("refuses a MONGODB_URI that is none, without repeating it", () => {
    const wrong = () => chosen({ MONGODB_URI: "http://u:secret@db" });
    expect(wrong).toThrow("MONGODB_URI is no MongoDB connection string");
    expect(wrong).not.toThrow("secret");
  });
});

test("a URI is shown without user, password and options", () => {
  expect(hidePassword("mongodb://u:secret@a:1,b:2/taskrunner?replicaSet=r")).toBe(
    "mongodb://a:1,b:2/taskrunner",
  );
  expect(hidePassword("mongodb+srv://u:secret@db.example.org/taskrunner")).toBe(
    "mongodb+srv://db.example.org/taskrunner",
  );
});
