// A picture that the server draws as SVG, as PNG: the browser paints it at twice its size.
"use strict";

(() => {
  const SCALE = 2;

  const paint = async (image) => {
    await image.decode();
    const canvas = document.createElement("canvas");
    canvas.width = image.naturalWidth * SCALE;
    canvas.height = image.naturalHeight * SCALE;
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
  };

  const hand = (blob, name) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = name;
    link.click();
    URL.revokeObjectURL(link.href);
  };

  for (const button of document.querySelectorAll("button[data-png]")) {
    const image = document.getElementById(button.dataset.png);
    button.hidden = false;
    button.addEventListener("click", async () => hand(await paint(image), button.dataset.name));
  }
})();
