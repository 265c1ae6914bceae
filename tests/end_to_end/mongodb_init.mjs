// Runs scripts/mongodb-init.js where mongosh is played by this script, and prints what it asked a MongoDB for, as JSON.
//
//   node mongodb_init.mjs '{"secrets": {…}, "initiated": false, "users": [], "refused": 2}'
//
// `refused` counts the connections that fail first.
import { readFileSync } from 'node:fs';
import { runInNewContext } from 'node:vm';

const state = JSON.parse(process.argv[2]);
const asked = [];
const admin = {
  hello: () => ({ setName: state.initiated ? 'dmi' : undefined, isWritablePrimary: state.initiated }),
  runCommand: (command) => {
    asked.push(command);
    if (command.replSetInitiate) state.initiated = true;
    return { ok: 1, users: state.users.filter((user) => user === command.usersInfo) };
  },
};
const mongosh = {
  URL,
  sleep: () => {},
  require: () => ({ readFileSync: (path) => state.secrets[path.replace('/run/secrets/', '')] }),
  connect: (address) => {
    asked.push(address);
    if (state.refused-- > 0) throw new Error('no server');
    return admin;
  },
};
runInNewContext(readFileSync(new URL('../../scripts/mongodb-init.js', import.meta.url), 'utf8'), mongosh);
console.log(JSON.stringify(asked));
