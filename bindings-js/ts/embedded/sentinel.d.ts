/** The WebAssembly module, packed by DEFLATE and in base64. The build writes it. */
declare const packed: string;
export default packed;
/** How many bytes it unpacks to. */
export declare const size: number;
