"""The dialects of other servers' clients: each has its own bodies, paths, errors and status codes.

`huggingface`      Hugging Face Inference, as `huggingface_hub.InferenceClient` asks
`text_embeddings`  Hugging Face Text Embeddings Inference, as `tei-client` asks
`open_inference`   Open Inference Protocol (KServe v2), as `tritonclient` and `open-inference-openapi` ask
"""
