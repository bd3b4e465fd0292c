/** Gives one map for each signal, and so for each wave of reads, so that none waits for what another may give up. */
export function mapsPerSignal<T>(): (signal: AbortSignal) => Map<string, T> {
	const maps = new WeakMap<AbortSignal, Map<string, T>>();
	return (signal) => {
		const map = maps.get(signal) ?? new Map<string, T>();
		maps.set(signal, map);
		return map;
	};
}
