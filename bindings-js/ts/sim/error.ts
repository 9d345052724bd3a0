import { QuorateError } from "../error.js";

/**
 * Why a world refused something. It is as it was, but for `refused`, which is part of the run.
 *
 * `code` is one of `unknown_setting`, `invalid_value`, `invalid_config`, `unknown_rule`, `broken_rules_absent`, `unknown_node`,
 * `unknown_client`, `node_down`, `node_up`, `client_busy`, `no_such_message`, `refused`, `cannot_start`, `invalid_script`,
 * `invalid_question`, `no_such_moment`.
 */
export class SimError extends QuorateError {}

// The name is said as text, so that it survives a minifier.
Object.defineProperty(SimError.prototype, "name", { value: "SimError", configurable: true, writable: true });
