/**
 * Draws the colours of a picture from its short text (BlurHash) while it is not there or not wanted.
 * Spec: https://github.com/woltapp/blurhash/blob/master/Algorithm.md
 */
const DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz#$%*+,-.:;=?@[]^_{|}~";
const SIZE = 32;

/** For a canvas of 32 by 32; what is no BlurHash leaves it empty. */
export function veil(hash: string): (canvas: HTMLCanvasElement) => void {
  return (canvas) => {
    const pixels = decode(hash);
    const context = pixels && canvas.getContext("2d");
    if (!context) return;
    const image = context.createImageData(SIZE, SIZE);
    image.data.set(pixels);
    context.putImageData(image, 0, 0);
  };
}

function number(hash: string, from: number, to: number): number {
  let value = 0;
  for (const digit of hash.slice(from, to)) value = value * 83 + Math.max(0, DIGITS.indexOf(digit));
  return value;
}

const linear = (value: number): number => {
  const share = value / 255;
  return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
};
const byte = (value: number): number => {
  const share = Math.min(1, Math.max(0, value));
  return Math.round(255 * (share <= 0.0031308 ? share * 12.92 : 1.055 * share ** (1 / 2.4) - 0.055));
};
const signedSquare = (value: number): number => Math.sign(value) * value * value;

function decode(hash: string): Uint8ClampedArray | null {
  const shape = number(hash, 0, 1);
  const [wide, high] = [(shape % 9) + 1, Math.floor(shape / 9) + 1];
  if (hash.length !== 4 + 2 * wide * high) return null;
  const largest = (number(hash, 1, 2) + 1) / 166;
  const colours: [number, number, number][] = [];
  for (let index = 0; index < wide * high; index++) {
    if (index === 0) {
      const value = number(hash, 2, 6);
      colours.push([linear(value >> 16), linear((value >> 8) & 255), linear(value & 255)]);
      continue;
    }
    const value = number(hash, 4 + index * 2, 6 + index * 2);
    const parts = [Math.floor(value / 361), Math.floor(value / 19) % 19, value % 19];
    const [r = 0, g = 0, b = 0] = parts.map((part) => signedSquare((part - 9) / 9) * largest);
    colours.push([r, g, b]);
  }
  const pixels = new Uint8ClampedArray(SIZE * SIZE * 4);
  for (let y = 0; y < SIZE; y++) {
    for (let x = 0; x < SIZE; x++) {
      let [r, g, b] = [0, 0, 0];
      for (let j = 0; j < high; j++) {
        for (let i = 0; i < wide; i++) {
          const basis = Math.cos((Math.PI * x * i) / SIZE) * Math.cos((Math.PI * y * j) / SIZE);
          const colour = colours[i + j * wide] ?? [0, 0, 0];
          r += colour[0] * basis;
          g += colour[1] * basis;
          b += colour[2] * basis;
        }
      }
      pixels.set([byte(r), byte(g), byte(b), 255], (y * SIZE + x) * 4);
    }
  }
  return pixels;
}
