// Where the peers read: a SQLite file with the documents as JSON texts, or the same documents in memory.
import Database from "better-sqlite3";
import DataLoader from "dataloader";

const LATEST = "SELECT text FROM document WHERE type = 'Procedure' ORDER BY date DESC, id LIMIT ?";
const BY_ID = "SELECT id, text FROM document WHERE type = ? AND id IN (SELECT value FROM json_each(?))";

/** A function that makes the resources of one request, from the file; each type's are read in one statement a level. */
export function fromFile(path) {
  const database = new Database(path, { readonly: true });
  const latest = database.prepare(LATEST).pluck();
  const byId = database.prepare(BY_ID).raw();

  function loaderOf(type) {
    return new DataLoader(async (ids) => {
      const found = new Map(byId.all(type, JSON.stringify(ids)).map(([id, text]) => [id, JSON.parse(text)]));
      return ids.map((id) => found.get(id) ?? null);
    });
  }

  return () => {
    const loaders = new Map();
    return {
      latestProcedures: (count) => latest.all(count).map((text) => JSON.parse(text)),
      one(type, id) {
        let loader = loaders.get(type);
        if (!loader) loaders.set(type, (loader = loaderOf(type)));
        return loader.load(id);
      },
    };
  };
}

/** The same from memory: nothing has to wait, so nothing is batched. */
export function fromMemory(path) {
  const database = new Database(path, { readonly: true });
  const procedures = database.prepare(LATEST).pluck().all(-1).map((text) => JSON.parse(text));
  const known = new Map();
  for (const [type, id, text] of database.prepare("SELECT type, id, text FROM document").raw().all()) {
    known.set(`${type}/${id}`, JSON.parse(text));
  }
  const resources = {
    latestProcedures: (count) => procedures.slice(0, count),
    one: (type, id) => known.get(`${type}/${id}`) ?? null,
  };
  return () => resources;
}
