// The conformance server's tools and prompt that ask the client for input: in 2026-07-28 by an
// input_required result and a retry. State that goes through the client is signed.
import { createHmac } from "node:crypto";
import {
  CLIENT_CAPABILITIES_META_KEY, acceptedContent, inputRequired, inputResponse,
} from "@modelcontextprotocol/server";
import { texts } from "./content.mjs";

const signature = (state) => createHmac("sha256", "a key that is no secret").update(state).digest("base64url");
const sign = (state) => `${state}.${signature(state)}`;

// Returns what `sign` was given. Throws for anything else, which the SDK answers with -32602.
export function verifyState(state) {
  const value = state.slice(0, state.lastIndexOf("."));
  if (state !== sign(value)) throw new Error("the state was changed");
  return value;
}

export const capabilitiesOf = (context) => context.mcpReq.envelope?.[CLIENT_CAPABILITIES_META_KEY] ?? {};
const object = (name, type) => ({ type: "object", properties: { [name]: { type } }, required: [name] });
const ask = (message, name, type = "string") =>
  inputRequired.elicit({ message, requestedSchema: object(name, type) });
const say = (prompt, maxTokens) =>
  inputRequired.createMessage({ messages: [{ role: "user", content: { type: "text", text: prompt } }], maxTokens });
const answered = (context, key) => acceptedContent(context.mcpReq.inputResponses, key);
const sampled = (context, key) => {
  const response = inputResponse(context.mcpReq.inputResponses, key);
  return response.kind === "sampling" ? response.result ?? response : undefined;
};
const roots = (context, key) => inputResponse(context.mcpReq.inputResponses, key).kind === "roots";

const tool = (name, description, call) => ({ name, description, inputSchema: { type: "object" }, call });

export const inputTools = [
  tool("test_input_required_result_elicitation", "Asks for a name", (_, context) => {
    const answer = answered(context, "user_name");
    if (typeof answer?.name === "string") return texts(`Hello, ${answer.name}!`);
    return inputRequired({ inputRequests: { user_name: ask("What is your name?", "name") } });
  }),
  tool("test_input_required_result_sampling", "Asks for a model's answer", (_, context) => {
    if (sampled(context, "capital_question")) return texts("The model has answered.");
    return inputRequired({ inputRequests: { capital_question: say("What is the capital of France?", 100) } });
  }),
  tool("test_input_required_result_list_roots", "Asks for the roots", (_, context) => {
    const listed = context.mcpReq.inputResponses?.client_roots?.roots;
    if (roots(context, "client_roots")) return texts(`Roots: ${listed.map(({ uri }) => uri).join(" ")}`);
    return inputRequired({ inputRequests: { client_roots: inputRequired.listRoots() } });
  }),
  tool("test_input_required_result_request_state", "Asks with a state", (_, context) => {
    if (answered(context, "confirm") && context.mcpReq.requestState() === "confirm") return texts("state-ok");
    return inputRequired({
      inputRequests: { confirm: ask("Please confirm", "ok", "boolean") }, requestState: sign("confirm"),
    });
  }),
  tool("test_input_required_result_multiple_inputs", "Asks for three things at once", (_, context) => {
    const all = answered(context, "user_name") && sampled(context, "greeting") && roots(context, "client_roots");
    if (all) return texts("All inputs are here.");
    return inputRequired({
      inputRequests: {
        user_name: ask("What is your name?", "name"),
        greeting: say("Generate a greeting", 50),
        client_roots: inputRequired.listRoots(),
      },
      requestState: sign("multiple"),
    });
  }),
  tool("test_input_required_result_multi_round", "Asks twice", (_, context) => {
    const state = context.mcpReq.requestState();
    if (state === "two" && answered(context, "step2")) return texts("Both steps are done.");
    if (state === "one" && answered(context, "step1")) {
      return inputRequired({
        inputRequests: { step2: ask("Step 2: What is your favorite color?", "color") }, requestState: sign("two"),
      });
    }
    return inputRequired({
      inputRequests: { step1: ask("Step 1: What is your name?", "name") }, requestState: sign("one"),
    });
  }),
  tool("test_input_required_result_tampered_state", "Refuses a changed state", (_, context) => {
    if (context.mcpReq.requestState() === "tampered") return texts("The state is as it was.");
    return inputRequired({
      inputRequests: { confirm: ask("Please confirm", "ok", "boolean") }, requestState: sign("tampered"),
    });
  }),
  tool("test_input_required_result_capabilities", "Asks for what the client can", (_, context) => {
    if (context.mcpReq.inputResponses) return texts("Thank you.");
    const { elicitation, sampling } = capabilitiesOf(context);
    const inputRequests = {
      ...(elicitation && { name: ask("What is your name?", "name") }),
      ...(sampling && { greeting: say("Generate a greeting", 50) }),
    };
    if (!elicitation && !sampling) return texts("The client can do nothing for me.");
    return inputRequired({ inputRequests });
  }),
];

export const inputPrompt = {
  name: "test_input_required_result_prompt",
  description: "A prompt that asks for its context",
  get: (_, context) => {
    const answer = answered(context, "user_context");
    if (!answer) {
      return inputRequired({
        inputRequests: { user_context: ask("What context should the prompt use?", "context") },
      });
    }
    return { messages: [{ role: "user", content: { type: "text", text: `Context: ${answer.context}` } }] };
  },
};
