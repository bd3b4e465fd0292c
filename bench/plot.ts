/** One line of a plot. */
export interface Line {
	readonly name: string;
	readonly points: readonly (readonly [x: number, y: number])[];
	readonly isDashed?: boolean;
}

export interface Plot {
	readonly title: string;
	/** What the axis from left to right is. */
	readonly x: string;
	readonly lines: readonly Line[];
}

const WIDTH = 640;
const HEIGHT = 240;
const MARGIN = { left: 70, right: 190, top: 40, bottom: 50 };
const COLOURS = ["#0b6", "#06c", "#c40", "#909", "#777", "#a80"];
const TICKS = 4;

/** Draws plots below one another as one SVG; all axes begin at zero. */
export function drawPlots(plots: readonly Plot[]): string {
	const width = MARGIN.left + WIDTH + MARGIN.right;
	const height = MARGIN.top + HEIGHT + MARGIN.bottom;
	const panels = plots.map(
		(plot, index) =>
			`<g transform="translate(${MARGIN.left} ${MARGIN.top + index * height})">${panel(plot)}</g>`,
	);
	const size = `width="${width}" height="${height * plots.length}"`;
	const style = 'font-family="sans-serif" font-size="12"';
	return `<svg xmlns="http://www.w3.org/2000/svg" ${size} ${style}>\n<rect width="100%" height="100%" fill="white"/>\n${panels.join("\n")}\n</svg>\n`;
}

function panel({ lines, title, x }: Plot): string {
	const points = lines.flatMap((line) => line.points);
	const mostX = Math.max(...points.map(([value]) => value));
	const mostY = Math.max(1, ...points.map(([, value]) => value));
	const across = (value: number) => ((value / mostX) * WIDTH).toFixed(1);
	const up = (value: number) => (HEIGHT - (value / mostY) * HEIGHT).toFixed(1);
	const ticks = Array.from({ length: TICKS + 1 }, (_, tick) => tick / TICKS);
	const grid = ticks.flatMap((part) => [
		`<text x="-6" y="${up(part * mostY)}" text-anchor="end">${round(part * mostY)}</text>`,
		`<line x1="0" x2="${WIDTH}" y1="${up(part * mostY)}" y2="${up(part * mostY)}" stroke="#ddd"/>`,
		`<text x="${across(part * mostX)}" y="${HEIGHT + 16}" text-anchor="middle">${round(part * mostX)}</text>`,
	]);
	const drawn = lines.flatMap((line, index) => {
		const colour = COLOURS[index % COLOURS.length];
		const path = line.points.map(([left, high]) => `${across(left)},${up(high)}`).join(" ");
		const dashes = line.isDashed ? ' stroke-dasharray="4"' : "";
		return [
			`<polyline points="${path}" fill="none" stroke="${colour}"${dashes}/>`,
			`<text x="${WIDTH + 10}" y="${12 + index * 16}" fill="${colour}">${line.name}</text>`,
		];
	});
	const words = [
		`<text x="0" y="-14" font-weight="bold">${title}</text>`,
		`<text x="${WIDTH / 2}" y="${HEIGHT + 36}" text-anchor="middle">${x}</text>`,
	];
	return [...words, ...grid, ...drawn].join("\n");
}

function round(value: number): string {
	return String(value < 10 ? Math.round(value * 10) / 10 : Math.round(value));
}
