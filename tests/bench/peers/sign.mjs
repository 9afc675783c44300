// Signs documents as one family of packages does it, for as many seconds as it is asked to.
//
//     node sign.mjs digitalbazaar task.json
//
// Standard input: a number of seconds a line. Standard output: a line of JSON for each, with how
// many were signed, in how many CPU seconds, and the last signed document.

import {createInterface} from 'node:readline';
import {readFileSync} from 'node:fs';

const [, , family, path] = process.argv;
const task = JSON.parse(readFileSync(path, 'utf8'));
const load = async name => import(`@${family}/${name}`);

const vc = await load('vc');
const {DataIntegrityProof} = await load('data-integrity');
const {cryptosuite} = await load('eddsa-rdfc-2022-cryptosuite');
const multikey = await load('ed25519-multikey');

const key = await multikey.generate({
  id: task.method, controller: task.did, seed: new Uint8Array(Buffer.from(task.seed, 'hex'))
});
const documentLoader = async url => ({
  contextUrl: null, documentUrl: url, document: task.contexts[url], tag: 'static'
});

async function sign(document) {
  const suite = new DataIntegrityProof({signer: key.signer(), date: task.created, cryptosuite});
  return vc.issue({credential: {...document}, suite, documentLoader});
}

const cpuSeconds = () => {
  const {user, system} = process.cpuUsage();
  return (user + system) / 1e6;
};

let turn = 0;
let last;
for await (const line of createInterface({input: process.stdin})) {
  const began = cpuSeconds();
  let signed = 0;
  // One at least: process times are counted in steps that may be longer than what is asked for.
  do {
    last = await sign(task.documents[turn++ % task.documents.length]);
    signed++;
  } while(cpuSeconds() - began < Number(line));
  console.log(JSON.stringify({signed, seconds: cpuSeconds() - began, turn, last}));
}
