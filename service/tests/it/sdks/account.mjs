// Completes MFA logins, and manages a guest account, with the official JavaScript SDK, which does not
// support custom tokens: `send` makes their calls. The argument is the base URL.
import assert from "node:assert";
import BosBase from "bosbase";

const url = process.argv[2];
const [email, password] = ["a@example.com", "correct horse 1"];
const client = new BosBase(url);
const guarded = client.collection("guarded");

const send = (call, body, query = {}) =>
    client.send(`/api/collections/guarded/${call}`, { method: "POST", body, query });

// Expects that a login requires a second factor, and returns the MFA id.
async function first(login) {
    const error = await login.then(() => assert.fail("a second factor is required"), (error) => error);
    assert.equal(error.status, 401, error);
    return error.response.mfaId;
}

async function lastCode() {
    const command = { do: "last_otp", account: { collection: "guarded", email } };
    const response = await fetch(`${url}/_local/control`, { method: "POST", body: JSON.stringify(command) });
    return (await response.json()).code;
}

function checkLogin(login) {
    assert.equal(login.record.email, email);
    assert.equal(login.token.split(".").length, 3);
}

await send("bind-token", { email, password, token: "tok" });
let mfaId = await first(send("auth-with-token", { token: "tok" }));
checkLogin(await guarded.authWithPassword(email, password, { mfaId }));
mfaId = await first(guarded.authWithPassword(email, password));
checkLogin(await send("auth-with-token", { token: "tok" }, { mfaId }));
mfaId = await first(send("auth-with-token", { token: "tok", mfaId: "" }));
const { otpId } = await guarded.requestOTP(email);
checkLogin(await guarded.authWithOTP(otpId, await lastCode(), { mfaId }));
assert.ok(client.authStore.isValid);
await send("unbind-token", { email, password, token: "tok" });
const error = await send("auth-with-token", { token: "tok" }).catch((error) => error);
assert.equal(error.status, 400);

const users = client.collection("users");
const { id } = await users.create({ email, password, passwordConfirm: password });
await users.authWithPassword(email, password);
assert.equal((await users.update(id, { name: "Ann" })).name, "Ann");
assert.equal((await users.getOne(id)).email, email);
assert.deepEqual((await users.getFullList()).map((record) => record.id), [id]);
await users.delete(id);
console.log("three logins and a guest account");
