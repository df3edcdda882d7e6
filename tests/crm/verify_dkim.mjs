// Verifies the DKIM signatures of the mail on stdin by the record given; prints each result as JSON.
import { buffer } from "node:stream/consumers";
import { dkimVerify } from "mailauth/lib/dkim/verify.js";

const [record] = process.argv.slice(2);
const { results } = await dkimVerify(await buffer(process.stdin), { resolver: async () => [[record]] });
console.log(JSON.stringify(results.map(({ signingDomain, selector, status }) => ({ signingDomain, selector, ...status }))));
