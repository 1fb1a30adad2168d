// Finishes MFA logins with the official JavaScript SDK, which knows nothing of custom tokens: its
// `send` makes the three calls. Takes the base URL.
import assert from "node:assert";
import BosBase from "bosbase";

const url = process.argv[2];
const [email, password] = ["a@example.com", "correct horse 1"];
const client = new BosBase(url);
const guarded = client.collection("guarded");

const send = (call, body, query = {}) =>
    client.send(`/api/collections/guarded/${call}`, { method: "POST", body, query });

// Makes a login that wants a second factor; gives the session.
async function first(login) {
    const error = await login.then(() => assert.fail("a second factor is wanted"), (error) => error);
    assert.equal(error.status, 401, error);
    return error.response.mfaId;
}

async function lastCode() {
    const step = { do: "last_otp", account: { collection: "guarded", email } };
    const answer = await fetch(`${url}/_local/control`, { method: "POST", body: JSON.stringify(step) });
    return (await answer.json()).code;
}

function finished(answer) {
    assert.equal(answer.record.email, email);
    assert.equal(answer.token.split(".").length, 3);
}

await send("bind-token", { email, password, token: "tok" });
let mfaId = await first(send("auth-with-token", { token: "tok" }));
finished(await guarded.authWithPassword(email, password, { mfaId }));
mfaId = await first(guarded.authWithPassword(email, password));
finished(await send("auth-with-token", { token: "tok" }, { mfaId }));
mfaId = await first(send("auth-with-token", { token: "tok", mfaId: "" }));
const { otpId } = await guarded.requestOTP(email);
finished(await guarded.authWithOTP(otpId, await lastCode(), { mfaId }));
assert.ok(client.authStore.isValid);
await send("unbind-token", { email, password, token: "tok" });
const gone = await send("auth-with-token", { token: "tok" }).catch((error) => error);
assert.equal(gone.status, 400);
console.log("three logins");
