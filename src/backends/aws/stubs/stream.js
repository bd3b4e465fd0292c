// The SDK asks of the body of each request whether it is a stream of Node. Ours are texts.
export class Readable {}
