export { type CommandArgument, Prefix, encodeCommand, encodePipeline } from "./command.js";
export { Decoder, type DecoderOptions, type Token, type TokenKind } from "./decoder.js";
export { type Encodable, Encoder, type Protocol, encode } from "./encoder.js";
export type { Limits } from "./limits.js";
export { type Request, RequestDecoder, type RequestDecoderOptions, type RequestLimits, splitInline } from "./request.js";
export { Attributed, Pairs, Push, type Reply, ReplyError, Verbatim } from "./value.js";
