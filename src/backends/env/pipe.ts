/** The part of Bun that is used here. */
declare const Bun: { readonly file: (descriptor: number) => { stream(): AsyncIterable<Uint8Array> } };

/** What comes out of a pipe, until its last writer has closed it: the one place here that knows there are two runtimes. */
export async function openPipe(descriptor: number): Promise<AsyncIterable<Uint8Array>> {
	// A socket of Bun's never hears from a pipe.
	if ("Bun" in globalThis) return Bun.file(descriptor).stream();
	const { Socket } = await import("node:net");
	return new Socket({ fd: descriptor, readable: true, writable: false });
}
