import { MongoClient, MongoServerError } from "mongodb";

/** The server's code for a user that exists. */
const exists = 51003;

/**
 * Makes a user who may do everything in a database, so that it can log in on a server that asks nobody
 * to.
 *
 * @param login `NAME:PASSWORD@`, as in a connection string; empty: nobody
 */
export async function makeUser(uri: string, database: string, login: string): Promise<void> {
  const [, user, pwd] = /^(.+?):(.+)@$/.exec(login) ?? [];
  if (user === undefined) return;
  const client = await new MongoClient(uri).connect();
  const db = client.db(database);
  try {
    await db.command({ createUser: user, pwd, roles: ["dbOwner"] });
  } catch (error) {
    const isThere = error instanceof MongoServerError && error.code === exists;
    if (!isThere) throw error;
    await db.command({ updateUser: user, pwd });
  } finally {
    await client.close();
  }
}
