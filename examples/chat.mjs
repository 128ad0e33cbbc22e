// Ask a question and read the answer as it comes: in a browser, or in Node 18 and later.
//
//   import { ask } from "./chat.mjs";
//   await ask(url, key, { message: "Monthly revenue for 2025" }, (name, data) => { … });
//
//   KEY=tr_… node examples/chat.mjs "Monthly revenue for 2025"
//
// A browser lets a page of the same address ask; put both behind one proxy. `EventSource` cannot
// send a token, so this reads the stream itself.

export async function ask(url, key, body, tell, signal) {
  const answer = await fetch(`${url}/v1/chats`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify(body),
    signal, // an AbortController's: abort() stops the database's and the model's work, too
  });
  if (!answer.ok) throw new Error((await answer.json()).detail);
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const blocks = (rest + value).split("\n\n");
    rest = blocks.pop();
    for (const block of blocks) {
      const fields = Object.fromEntries(
        block.split("\n").filter((line) => line && !line.startsWith(":")).map((line) => {
          const at = line.indexOf(": ");
          return [line.slice(0, at), line.slice(at + 2)];
        }),
      );
      if (fields.event) tell(fields.event, JSON.parse(fields.data), fields.id);
    }
  }
}

if (typeof process !== "undefined" && process.argv[1]?.endsWith("chat.mjs")) {
  const url = process.env.TRELLIS_URL ?? "http://127.0.0.1:8000";
  const message = process.argv[2] ?? "Monthly revenue for 2025";
  await ask(url, process.env.KEY, { message }, (name, data) => {
    if (name === "text_delta") process.stdout.write(data.content);
    if (name === "visualization") console.log(`[${data.type}: ${data.title ?? ""}]`);
    if (name === "error") console.error(`${data.error} (${data.code})`);
    if (name === "message") console.log();
  });
}
