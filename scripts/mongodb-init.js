// What docker-compose.yml runs with mongosh at each `up`: makes the replica set where there is none yet, and gives the
// user that secrets/mongodb_uri names the password that stands there. Done twice it changes nothing.
const { readFileSync } = require('fs');

const PATIENCE = 120; // seconds, also for a first start that makes its files
const secret = (name) => readFileSync(`/run/secrets/${name}`, 'utf8').trim();

// URL knows the schemes of the web only.
const application = new URL(secret('mongodb_uri').replace(/^mongodb:/, 'http:'));
const set = application.searchParams.get('replicaSet');
const name = application.pathname.slice(1);
const user = decodeURIComponent(application.username);
const pwd = decodeURIComponent(application.password);
const roles = [{ role: 'readWrite', db: name }];
if (!set || !name || !user || !pwd || application.searchParams.get('authSource') !== 'admin') {
  throw new Error('secrets/mongodb_uri must be mongodb://USER:PASSWORD@HOST/DATABASE?authSource=admin&replicaSet=SET');
}

const root = encodeURIComponent(secret('mongodb_root_password'));
let admin;
for (let second = 0; !admin; second++) {
  try {
    admin = connect(`mongodb://root:${root}@${application.host}/admin?directConnection=true`);
  } catch (error) {
    if (second >= PATIENCE) throw error;
    sleep(1000);
  }
}

if (!admin.hello().setName) {
  admin.runCommand({ replSetInitiate: { _id: set, members: [{ _id: 0, host: application.host }] } });
}
for (let second = 0; !admin.hello().isWritablePrimary; second++) {
  if (second >= PATIENCE) throw new Error('the replica set has no primary');
  sleep(1000);
}

const known = admin.runCommand({ usersInfo: user }).users.length > 0;
admin.runCommand({ [known ? 'updateUser' : 'createUser']: user, pwd, roles });
