import { type Colour, type TestFile, png } from "../files";

/** Hills under a sky with a sun, as a picture that somebody has taken. */
export function landscape(name: string, width: number, height: number, sky: Colour, ground: Colour): TestFile {
  const [sunX, sunY, radius] = [width * 0.7, height * 0.3, Math.min(width, height) * 0.09];
  return png(name, width, height, (y) => {
    const line = Buffer.alloc(width * 3);
    for (let x = 0; x < width; x++) {
      const hill = height * (0.62 + 0.1 * Math.sin((x / width) * 7) + 0.05 * Math.sin((x / width) * 19));
      const isSun = (x - sunX) ** 2 + (y - sunY) ** 2 < radius ** 2;
      const colour = y > hill ? ground : isSun ? [255, 240, 200] : sky;
      const light = y > hill ? 1.25 - (y - hill) / height : 0.75 + (0.5 * y) / height;
      for (let part = 0; part < 3; part++) line[x * 3 + part] = Math.min(255, colour[part]! * light);
    }
    return line;
  });
}
