/** Makes one thing for each signal, and so for each wave of reads, so that none waits for what another may give up. */
export function perSignal<T>(make: (signal: AbortSignal) => T): (signal: AbortSignal) => T {
	const made = new WeakMap<AbortSignal, T>();
	return (signal) => {
		const known = made.get(signal);
		if (known !== undefined) return known;
		const fresh = make(signal);
		made.set(signal, fresh);
		return fresh;
	};
}
