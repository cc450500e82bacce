// A small viewer for binary glTF: the triangles of its meshes, shaded by direction, drawn from back to front.
const TYPES = { 5121: Uint8Array, 5123: Uint16Array, 5125: Uint32Array, 5126: Float32Array };
const SIZES = { SCALAR: 1, VEC2: 2, VEC3: 3, VEC4: 4 };

function chunks(buffer) {
  const view = new DataView(buffer);
  if (view.getUint32(0, true) !== 0x46546c67) throw new Error("no binary glTF");
  const found = [];
  for (let at = 12; at < buffer.byteLength; ) {
    const size = view.getUint32(at, true);
    found.push(buffer.slice(at + 8, at + 8 + size));
    at += 8 + size;
  }
  return found;
}

function reader(document, binary) {
  return (index) => {
    const row = document.accessors[index];
    const view = document.bufferViews[row.bufferView];
    const begin = (view.byteOffset ?? 0) + (row.byteOffset ?? 0);
    return new TYPES[row.componentType](binary.slice(begin), 0, row.count * SIZES[row.type]);
  };
}

function triangles(buffer) {
  const [text, binary] = chunks(buffer);
  const document = JSON.parse(new TextDecoder().decode(text));
  const read = reader(document, binary);
  const found = [];
  for (const part of document.meshes.flatMap((mesh) => mesh.primitives)) {
    const places = read(part.attributes.POSITION);
    const order = part.indices === undefined ? [...places.keys()].slice(0, places.length / 3) : [...read(part.indices)];
    for (let i = 0; i + 2 < order.length; i += 3) {
      found.push(order.slice(i, i + 3).map((n) => [...places.slice(3 * n, 3 * n + 3)]));
    }
  }
  return found;
}

function fitted(faces) {
  const points = faces.flat();
  const axes = [0, 1, 2].map((axis) => points.map((point) => point[axis]));
  const middle = axes.map((values) => (Math.min(...values) + Math.max(...values)) / 2);
  const reach = Math.max(...points.map((point) => Math.hypot(...point.map((value, axis) => value - middle[axis]))));
  return faces.map((face) => face.map((point) => point.map((value, axis) => (value - middle[axis]) / (reach || 1))));
}

function rotated([x, y, z], angle) {
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  const [u, w] = [c * x + s * z, c * z - s * x];
  return [u, 0.92 * y - 0.39 * w, 0.39 * y + 0.92 * w];
}

function draw(canvas, faces, angle) {
  const brush = canvas.getContext("2d");
  const ink = getComputedStyle(canvas).getPropertyValue("--working").trim();
  const size = Math.min(canvas.width, canvas.height) * 0.42;
  brush.clearRect(0, 0, canvas.width, canvas.height);
  const seen = faces.map((face) => face.map((point) => rotated(point, angle)));
  seen.sort((a, b) => a.reduce((sum, p) => sum + p[2], 0) - b.reduce((sum, p) => sum + p[2], 0));
  for (const [a, b, c] of seen) {
    const [u, v] = [b.map((value, i) => value - a[i]), c.map((value, i) => value - a[i])];
    const normal = [u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]];
    const light = Math.abs(normal[2] + 0.4 * normal[1]) / (Math.hypot(...normal) * 1.1 || 1);
    brush.globalAlpha = 0.25 + 0.75 * Math.min(1, light);
    brush.fillStyle = ink;
    brush.beginPath();
    for (const [x, y] of [a, b, c]) brush.lineTo(canvas.width / 2 + x * size, canvas.height / 2 - y * size);
    brush.closePath();
    brush.fill();
  }
}

export async function rotate(canvas, reducedMotion) {
  const response = await fetch(canvas.dataset.model);
  const faces = fitted(triangles(await response.arrayBuffer()));
  const step = (time) => {
    if (!canvas.isConnected) return;
    draw(canvas, faces, reducedMotion.matches ? 0.7 : time / 2500);
    canvas.dataset.drawn = "yes";
    if (!reducedMotion.matches) requestAnimationFrame(step);
  };
  requestAnimationFrame(step);
}
