"""Service A of the original lab: logs an input and, unless told otherwise, asks Service B about it."""

import logging
import os

import httpx
from fastapi import FastAPI, HTTPException
from pydantic import BaseModel

logger = logging.getLogger("service-a")

SERVICE_B_URL = os.getenv("SERVICE_B_URL", "http://localhost:8001/predict")

app = FastAPI(title="Service A - Input Logger")


class InputData(BaseModel):
    data: str
    forward_to_model: bool = True


@app.get("/")
def root():
    return {"service": "Service A - Input Logger", "status": "running"}


@app.get("/health")
def health():
    return {"service": "Service A", "status": "healthy"}


@app.post("/process")
async def process_input(input_data: InputData):
    logger.info("Received input: %s", input_data.data)
    result = {"status": "Input logged successfully"}
    if input_data.forward_to_model:
        try:
            response = httpx.post(SERVICE_B_URL, json={"input": input_data.data}, timeout=3.0)
        except httpx.RequestError as error:
            raise HTTPException(status_code=503, detail=f"Service B is unavailable: {error}")
        result["model_prediction"] = response.json()
    return result
