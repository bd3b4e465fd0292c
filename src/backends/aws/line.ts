/** Makes a line that runs at most so many actions at once, in the order of their coming. An action does not reject. */
export function createLine(size: number): (action: () => Promise<void>) => void {
	const waiting: (() => Promise<void>)[] = [];
	let running = 0;
	const advance = () => {
		while (running < size) {
			const action = waiting.shift();
			if (action === undefined) return;
			running++;
			action().finally(() => {
				running--;
				advance();
			});
		}
	};
	return (action) => {
		waiting.push(action);
		advance();
	};
}
