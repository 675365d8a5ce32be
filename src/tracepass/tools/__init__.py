"""The stateless GS1 tools: EPCs, barcodes and serial numbers checked and translated, with nothing stored."""
