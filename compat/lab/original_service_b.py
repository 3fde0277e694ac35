"""Service B of the original lab: a demo model that draws its class and its confidence."""

import random

from fastapi import FastAPI
from pydantic import BaseModel

CLASSES = ["cat", "dog", "bird", "fish", "rabbit"]

app = FastAPI(title="Service B - ML Prediction")


class PredictionRequest(BaseModel):
    input: str


@app.get("/")
def root():
    return {"service": "Service B - ML Prediction", "status": "running"}


@app.get("/health")
def health():
    return {"service": "Service B", "status": "healthy"}


@app.post("/predict")
async def predict(request: PredictionRequest):
    predicted = random.choice(CLASSES)
    confidence = round(random.uniform(0.70, 0.99), 2)
    return {
        "prediction": {"class": predicted, "confidence": confidence, "input_length": len(request.input)},
        "message": f"Predicted class: {predicted} with {confidence * 100:.1f}% confidence",
    }
